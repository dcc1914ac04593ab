import { createRequire } from 'node:module';
import { addressSpace } from '../../address-space.js';
import { ConvertError } from '../../errors.js';

/**
 * undici, loaded when a server is to be read: that takes as long as reading some hundred runs of a file store, in
 * each thread. Throws a `fatal` error where the addresses of this process are limited too much for it.
 */
export const undici = () => {
  assertSpaceForModules();
  return createRequire(import.meta.url)('undici') as typeof import('undici');
};

/** It parses HTTP by WebAssembly, and so does the copy in Node: each reserves 10 GB of addresses in each of two threads. */
const SPACE_FOR_MODULES = 64 * 2 ** 30;
const WITHOUT_RESERVING = '--disable-wasm-trap-handler';

function assertSpaceForModules(): void {
  const options = [process.env.NODE_OPTIONS ?? '', ...process.execArgv];
  if (addressSpace() >= SPACE_FOR_MODULES || options.some((option) => option.includes(WITHOUT_RESERVING))) return;
  throw new ConvertError(
    'fatal',
    'out-of-resources',
    'Reading from a server takes more address space than this process may have.',
    {
      hint: `Raise the limit (ulimit -v) to 64 GB, or set NODE_OPTIONS=${WITHOUT_RESERVING}.`,
    },
  );
}
