/**
 * Milliseconds of a monotonic clock, for everything that waits or measures; meaningless in other processes. `Date.now()` is
 * for times that people read, that are stored, or that are compared with those of files and runs (test/clock.test.ts lists
 * its uses).
 */
export function monotonicNow(): number {
  return performance.now();
}

/**
 * Milliseconds since the epoch that never go back: the time of day at which the process started plus the time elapsed
 * since. For times of one process that are stored and compared with each other.
 *
 * @param moment a value of {@link monotonicNow}
 */
export function steadyTime(moment: number = monotonicNow()): number {
  return Math.round(performance.timeOrigin + moment);
}
