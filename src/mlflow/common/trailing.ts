/**
 * A text without these characters at its end. What a source says is as long as it likes, and for `/\/+$/` a text of slashes
 * with something else behind them takes the square of its length.
 */
export function withoutTrailing(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
