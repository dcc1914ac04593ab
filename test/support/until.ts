const LOOK_EVERY_MS = 50;
const PATIENCE_MS = 120_000;

/** Waits until something that can be observed holds; fails when it does not come, with what `said` tells then. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  said: () => unknown = () => '',
): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Waited in vain until ${what}. ${JSON.stringify(said())}`);
    await new Promise((resume) => setTimeout(resume, LOOK_EVERY_MS));
  }
}
