/** As Python's `unquote`: what is no valid escape stays as it is. */
export function percentDecode(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, decodeOrLeave);
}

/** The text decoded as a whole; as it is, when anything in it is no valid escape. */
export function decodeOrLeave(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
