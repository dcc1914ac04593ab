/** The items, at most `size` of them at a time: so many go into one query or request. */
export function* chunks<T>(items: readonly T[], size: number): Generator<readonly T[], void, void> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
