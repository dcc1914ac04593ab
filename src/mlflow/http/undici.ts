import { createRequire } from 'node:module';
import { addressSpace } from '../../address-space.js';
import { ConvertError } from '../../errors.js';

/**
 * undici, loaded only if a server is read: in each thread that takes as long as reading a few hundred runs of a file store.
 * Throws a `fatal` error if the address space of this process is too small for it.
 */
export const undici = () => {
  assertSpaceForModules();
  return createRequire(import.meta.url)('undici') as typeof import('undici');
};

/** undici and its copy in Node parse HTTP with WebAssembly: each reserves 10 GB of address space in each of two threads. */
const SPACE_FOR_MODULES = 64 * 2 ** 30;
const WITHOUT_RESERVING = '--disable-wasm-trap-handler';

function assertSpaceForModules(): void {
  const options = [process.env.NODE_OPTIONS ?? '', ...process.execArgv];
  if (addressSpace() >= SPACE_FOR_MODULES || options.some((option) => option.includes(WITHOUT_RESERVING))) return;
  throw new ConvertError(
    'fatal',
    'out-of-resources',
    'Reading from a server needs more address space than this process may use.',
    {
      hint: `Raise the limit (ulimit -v) to 64 GB, or set NODE_OPTIONS=${WITHOUT_RESERVING}.`,
    },
  );
}
