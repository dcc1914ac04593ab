import { addressSpace } from '../address-space.js';
import { assembledKernel, libraryKernel, type StepKernel } from './step-kernel.js';

/**
 * Aim finds a point of a metric by a hash of its step (docs/aim-repo-format.md §4): BLAKE2b with a digest of 8 bytes and a
 * salt, over the step as int64. A conversion hashes as many steps as there are points.
 */

/**
 * Steps hashed by one call; no more than fit into the module's memory. Few, because V8 switches from its baseline compiler's
 * code to the optimizing one's, here some twenty times faster, only between calls.
 */
const BATCH = 1024;

/**
 * V8 reserves 10 GB of address space for a module. Where that is limited, the modules of all threads may leave too little
 * for the threads themselves, which ends the process.
 */
const SPACE_FOR_MODULES = 256 * 2 ** 30;

const { words, hash } = kernel();

function kernel(): StepKernel {
  if (addressSpace() < SPACE_FOR_MODULES) return libraryKernel(BATCH);
  try {
    return assembledKernel(BATCH);
  } catch (cause) {
    if (cause instanceof RangeError) return libraryKernel(BATCH);
    throw cause;
  }
}

/** Up to this magnitude every integer is exactly a double. */
const SAFE = 2n ** 53n;
const MODULUS = 2n ** 61n - 1n;

/**
 * Writes the hash of each step into `ids` (unsigned, so that ids sort as the keys do). Like Aim, rounds steps beyond 2^53 to
 * a double first and reduces that as CPython hashes a float: two such steps may share an id.
 */
export function hashSteps(steps: BigInt64Array, ids: BigUint64Array): void {
  const high = new Int32Array(steps.buffer, steps.byteOffset, steps.length * 2);
  const signedIds = new BigInt64Array(ids.buffer, ids.byteOffset, ids.length);
  for (let start = 0; start < steps.length; start += BATCH) {
    const end = Math.min(start + BATCH, steps.length);
    words.set(steps.subarray(start, end));
    for (let i = start; i < end; i++) {
      const h = high[i * 2 + 1]!;
      if (h >= 0x20_0000 || h < -0x20_0000) words[i - start] = numericHash(steps[i]!);
    }
    hash(end - start);
    signedIds.set(words.subarray(0, end - start), start);
  }
}

/** What Aim feeds into BLAKE2b for an integer: itself or, beyond 2^53, CPython's hash of it as a double. */
export function numericHash(value: bigint): bigint {
  if (value > -SAFE && value < SAFE) return value;
  const rounded = BigInt(Number(value));
  return rounded < 0n ? -(-rounded % MODULUS) : rounded % MODULUS;
}
