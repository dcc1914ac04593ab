/**
 * Wraps a property's predicate: once `milliseconds` have passed since the first call, further calls do nothing. A call that
 * has begun is finished. fast-check's own `interruptAfterTimeLimit` lets the interrupted call run on after the test, and
 * does not report what it finds.
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
