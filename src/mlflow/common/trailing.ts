/**
 * Removes these characters from the end of a text. A regular expression like `/\/+$/` would take quadratic time for many slashes followed by
 * something else, and a source may contain such a text.
 */
export function withoutTrailing(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
