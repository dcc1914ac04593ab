/** The first sign of life of a conversion, and the time between the following ones; milliseconds. */
const FIRST_PROGRESS_MS = 1_500;
const PROGRESS_EVERY_MS = 5_000;

/**
 * Calls `tell` after `first` milliseconds and then every `every` milliseconds, until the function it returns is called.
 * Keeps no process alive.
 */
export function everyNowAndThen(tell: () => void, first = FIRST_PROGRESS_MS, every = PROGRESS_EVERY_MS): () => void {
  let timer = setTimeout(again, first).unref();
  function again(): void {
    timer = setTimeout(again, every).unref();
    tell();
  }
  return () => clearTimeout(timer);
}
