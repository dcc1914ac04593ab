/** As Python's `unquote`: invalid escapes stay as they are. */
export function percentDecode(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, decodeOrLeave);
}

/** The text decoded as a whole; unchanged if anything in it is not a valid escape. */
export function decodeOrLeave(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
