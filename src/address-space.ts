import { readFileSync } from 'node:fs';

/** The bytes of address space that this process may have (`ulimit -v`); infinite where no limit is known. */
export function addressSpace(): number {
  try {
    const soft = /^Max address space +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY; // no such file on other systems
  }
}
