/** As often MLflow decodes a path before it gives up. */
const DECODINGS = 10;

/**
 * The path that an MLflow server looks for when it is asked for this one: it decodes escapes again and again until there
 * are none, drops tabs and line ends (as urllib does), and escapes other control characters, which its own names of images have
 * (`mlflow/utils/uri.py`, `validate_path_is_safe`). So `a%41` is looked for, and perhaps found, as `aA`.
 */
export function pathAsServed(path: string): string {
  let decoded = path;
  for (let times = 0; times < DECODINGS; times++) decoded = unquote(decoded).replace(/[\t\n\r]/g, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  return decoded.replace(/[\0-\x1f\x7f]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Python's `urllib.parse.unquote`: bytes that are no UTF-8 become U+FFFD. */
function unquote(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (escapes) =>
    Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}
