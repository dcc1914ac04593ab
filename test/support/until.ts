const POLL_EVERY_MS = 50;
/** Nothing may stand still for longer than that. */
const LONGEST_STANDSTILL_MS = 20_000;

/**
 * Waits until something that can be observed holds. Fails when neither that nor what `seen` tells changes for 20 seconds,
 * saying what it waited for and what it saw last.
 */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  seen: () => unknown = () => undefined,
): Promise<void> {
  let last = JSON.stringify(seen());
  let since = performance.now();
  while (!(await holds())) {
    const now = JSON.stringify(seen());
    if (now !== last) since = performance.now();
    last = now;
    if (performance.now() - since > LONGEST_STANDSTILL_MS) {
      const instead = last === undefined ? '' : ` Seen instead: ${last}`;
      throw new Error(`Waited ${LONGEST_STANDSTILL_MS / 1000} s in vain until ${what}.${instead}`);
    }
    await new Promise((resume) => setTimeout(resume, POLL_EVERY_MS));
  }
}
