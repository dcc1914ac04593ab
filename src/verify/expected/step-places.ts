/**
 * Aim finds a point by a hash of its step's double, which is taken modulo 2^61 − 1 as Python's hashes of numbers are
 * (docs/aim-repo-format.md §4): steps of one place are one step to Aim.
 */
const MODULUS = 2n ** 61n - 1n;
/** Below that every integer is a double of its own, and its own place. */
const EXACT = 2 ** 53;
/** As the high word of an int64. */
const EXACT_HIGH = 2 ** 21;

/** The steps of these columns as numbers, each its own place; undefined where one of them is no exact number. */
export function exactSteps(steps: BigInt64Array): Float64Array | undefined {
  const words = new Int32Array(steps.buffer, steps.byteOffset, steps.length * 2);
  const numbers = new Float64Array(steps.length);
  for (let i = 0; i < numbers.length; i++) {
    const high = words[i * 2 + 1]!;
    if (high >= EXACT_HIGH || high < -EXACT_HIGH) return undefined;
    numbers[i] = high * 2 ** 32 + (words[i * 2]! >>> 0);
  }
  return numbers;
}

/** The place of any step. */
export function placeOf(step: bigint): bigint {
  const double = Number(step);
  if (Math.abs(double) < EXACT) return step;
  const integer = BigInt(double);
  return integer < 0n ? -(-integer % MODULUS) : integer % MODULUS;
}

/** The places of all steps. */
export function placesOf(steps: BigInt64Array): BigInt64Array {
  return steps.map(placeOf);
}
