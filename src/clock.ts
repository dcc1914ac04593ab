/**
 * Milliseconds of a clock that never goes back, whatever is done to the time of day: for everything that waits, paces or
 * measures. Its values mean nothing to another process; `Date.now()` is for what people read, for times that are kept or
 * compared with those of files and runs, and for what a test names with its reason (test/clock.test.ts).
 */
export function monotonicNow(): number {
  return performance.now();
}

/**
 * The time of day as it was when the process began plus what has passed since, milliseconds since the epoch: for times of one
 * process that are kept and compared with each other.
 *
 * @param moment of {@link monotonicNow}
 */
export function steadyTime(moment: number = monotonicNow()): number {
  return Math.round(performance.timeOrigin + moment);
}
