/** How often MLflow decodes a path before it gives up. */
const MAX_DECODINGS = 10;

/**
 * The path that an MLflow server opens for a request for this one. It decodes escapes until there are none left, drops tabs
 * and line ends (as urllib does), and escapes other control characters, which MLflow's own image names have
 * (`mlflow/utils/uri.py`, `validate_path_is_safe`). So a request for `a%41` may return the file `aA`.
 */
export function pathAsServed(path: string): string {
  let decoded = path;
  for (let times = 0; times < MAX_DECODINGS; times++) decoded = unquote(decoded).replace(/[\t\n\r]/g, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are meant
  return decoded.replace(/[\0-\x1f\x7f]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Python's `urllib.parse.unquote`: invalid UTF-8 becomes U+FFFD. */
function unquote(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (escapes) =>
    Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}
