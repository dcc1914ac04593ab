/** Milliseconds. */
const SHORTEST = 60_000;
const LONGEST_PASS = 600_000;

/**
 * The time within which the next complete pass should end after the last one. If it does not, something is blocking: a dead
 * connection, a file system that does not respond. Generous, because a pass may take longer than the last one.
 *
 * @param every milliseconds between two passes
 * @param took milliseconds that the last one took
 */
export function nextPassWithin(every: number, took: number): number {
  return Math.max(SHORTEST, 3 * every + 6 * Math.min(took, LONGEST_PASS));
}
