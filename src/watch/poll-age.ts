/** Milliseconds. */
const SHORTEST = 60_000;
const LONGEST_LOOK = 600_000;

/**
 * Within so many milliseconds after a complete look at a source the next one is over, unless something holds it up: a
 * connection that is dead and does not say so, a file system that does not answer. Generous, since a look may take longer
 * than the last one did.
 *
 * @param every milliseconds from one look to the next
 * @param took milliseconds that the last one took
 */
export function nextPollWithin(every: number, took: number): number {
  return Math.max(SHORTEST, 3 * every + 6 * Math.min(took, LONGEST_LOOK));
}
