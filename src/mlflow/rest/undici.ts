import { createRequire } from 'node:module';

/**
 * undici, loaded when a server is to be read: that takes as long as reading some hundred runs of a file store, in
 * each thread.
 */
export const undici = () => createRequire(import.meta.url)('undici') as typeof import('undici');
