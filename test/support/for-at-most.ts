/**
 * A property's predicate that does nothing any more once `milliseconds` have passed since it was first called; what has
 * begun by then is finished. fast-check's own `interruptAfterTimeLimit` leaves the run it interrupts going on behind the
 * test, and what that finds unsaid.
 */
export function forAtMost<Args extends unknown[]>(
  milliseconds: number,
  predicate: (...args: Args) => Promise<void>,
): (...args: Args) => Promise<void> {
  let end: number | undefined;
  return async (...args) => {
    end ??= performance.now() + milliseconds;
    if (performance.now() <= end) await predicate(...args);
  };
}
