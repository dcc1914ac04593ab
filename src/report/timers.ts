/** The first sign of life of a conversion, and the time between the following ones; milliseconds. */
const FIRST_PROGRESS_MS = 1_500;
const PROGRESS_EVERY_MS = 5_000;

/** Who reads a log of hours wants no line every few seconds; milliseconds. */
const LONGEST_PAUSE_MS = 60_000;

/**
 * Tells how far something has come: soon for the first time, then after pauses that double up to a minute, and only if `state` has
 * changed since. Until the function it returns is called. Keeps no process alive.
 */
export function moreAndMoreRarely(state: () => string, tell: () => void): () => void {
  let pause = PROGRESS_EVERY_MS;
  let told: string | undefined;
  let timer = setTimeout(again, FIRST_PROGRESS_MS).unref();
  function again(): void {
    timer = setTimeout(again, pause).unref();
    pause = Math.min(LONGEST_PAUSE_MS, 2 * pause);
    const now = state();
    if (now !== told) tell();
    told = now;
  }
  return () => clearTimeout(timer);
}

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
