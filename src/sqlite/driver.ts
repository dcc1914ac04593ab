import { createRequire } from 'node:module';

/**
 * Loads SQLite on first use. Worker threads do without it unless their source is a SQLite database: terminating a thread while
 * it loads a native library takes the whole process down.
 */
export const sqliteDriver = () =>
  createRequire(import.meta.url)('@photostructure/sqlite') as typeof import('@photostructure/sqlite');

/**
 * How long a statement may wait for another program, in milliseconds. SQLite blocks this thread meanwhile, signals included, so
 * longer waits are made of short ones (lock-wait.ts).
 */
export const BUSY_TIMEOUT = 250;
