import { blake2b } from '@noble/hashes/blake2.js';
import type { DictKey, DictValue, Value } from '../contents.js';

/**
 * The hashes under which Aim files contexts and steps (docs/aim-repo-format.md §4): BLAKE2b of eight bytes, with a salt for
 * each kind of value, read as a signed little-endian integer.
 */

const SALT = {
  number: -7494597716789683807n,
  string: 7540324813251503183n,
  bytes: -6836296829636613855n,
  list: 2965039128708897743n,
  dict: -2435585119574290752n,
} as const;

const NONE = 1393794177995070132n;

/** Python hashes numbers modulo this prime, in which 2^61 is 1. */
const PYTHON_BITS = 61;
const PYTHON_MODULUS = 2n ** 61n - 1n;
const PYTHON_INFINITY = 314159n;

/** The hash of a value; undefined for what Aim cannot hash (objects). */
export function hashOf(value: Value): bigint | undefined {
  switch (value.type) {
    case 'none':
      return NONE;
    case 'bool':
      return digest(SALT.number, int64(value.value ? 1n : 0n));
    case 'int':
      return digest(SALT.number, int64(pythonHash(Number(value.value))));
    case 'float':
      return digest(SALT.number, int64(pythonHash(value.value)));
    case 'string':
      return digest(SALT.string, Buffer.from(value.value));
    case 'bytes':
      return digest(SALT.bytes, value.value);
    case 'list':
      return hashOfHashes(SALT.list, value.items.map(hashOf));
    case 'dict':
      return hashOfDict(value);
    default:
      return undefined;
  }
}

function hashOfDict({ entries }: DictValue): bigint | undefined {
  const pairs = [...entries].map(([key, value]) => ({ key: hashOf(keyValue(key))!, value: hashOf(value) }));
  pairs.sort((a, b) => (a.key < b.key ? -1 : 1));
  return hashOfHashes(
    SALT.dict,
    pairs.map(({ key, value }) => hashOfHashes(SALT.list, [key, value])),
  );
}

function keyValue(key: DictKey): Value {
  return typeof key === 'string' ? { type: 'string', value: key } : { type: 'int', value: key };
}

function hashOfHashes(salt: bigint, hashes: readonly (bigint | undefined)[]): bigint | undefined {
  const bytes = Buffer.alloc(hashes.length * 8);
  for (const [i, hash] of hashes.entries()) {
    if (hash === undefined) return undefined;
    bytes.writeBigInt64LE(hash, i * 8);
  }
  return digest(salt, bytes);
}

/** What Python's `hash` says of a double, without its rule for −1. */
function pythonHash(value: number): bigint {
  if (Number.isNaN(value)) return 0n;
  if (!Number.isFinite(value)) return value > 0 ? PYTHON_INFINITY : -PYTHON_INFINITY;
  // value = mantissa · 2^exponent, and a power of two is a rotation modulo 2^61 − 1
  let mantissa = Math.abs(value);
  let exponent = 0;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent--;
  }
  const shift = BigInt(((exponent % PYTHON_BITS) + PYTHON_BITS) % PYTHON_BITS);
  const hash = (BigInt(mantissa) << shift) % PYTHON_MODULUS;
  return value < 0 ? -hash : hash;
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
}

function digest(salt: bigint, message: Uint8Array): bigint {
  const saltBytes = Buffer.alloc(16);
  saltBytes.writeBigInt64LE(salt);
  return Buffer.from(blake2b(message, { dkLen: 8, salt: saltBytes })).readBigInt64LE();
}

/** The hash under which Aim files a step of a metric. */
export function stepHash(step: bigint): bigint {
  return digest(SALT.number, int64(pythonHash(Number(step))));
}
