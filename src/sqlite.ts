import { createRequire } from 'node:module';

/**
 * SQLite, loaded when it is asked for: worker threads get by without it unless their source is a SQLite database, and one
 * that is ended while it loads a native library takes the whole process down.
 */
export const sqlite = () =>
  createRequire(import.meta.url)('@photostructure/sqlite') as typeof import('@photostructure/sqlite');
