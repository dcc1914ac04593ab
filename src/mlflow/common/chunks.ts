/** Splits items into chunks of at most `size`, for queries and requests. */
export function* chunks<T>(items: readonly T[], size: number): Generator<readonly T[], void, void> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
