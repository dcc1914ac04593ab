import { chownSync } from 'node:fs';

/** Debian's "nobody"; any number that is not root's serves. */
const NOBODY = 65_534;

/** Does `work` on `directories`, which become theirs, as a user whom file permissions stop: root reads whatever there is. */
export async function unprivileged(directories: readonly string[], work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return work();
  for (const directory of directories) chownSync(directory, NOBODY, NOBODY);
  process.seteuid!(NOBODY);
  try {
    await work();
  } finally {
    process.seteuid!(0);
  }
}
