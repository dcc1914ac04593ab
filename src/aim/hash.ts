import { blake2b } from '@noble/hashes/blake2.js';
import { numericHash } from './step-hash.js';
import { AimBlob, type AimDict, type AimKey, AimObject, type AimValue } from './value.js';

/** Aim's hash of None is a constant; the other kinds are salted BLAKE2b (docs/aim-repo-format.md §4). */
const NONE_HASH = 1393794177995070132n;

const SALT = {
  number: -7494597716789683807n,
  string: 7540324813251503183n,
  bytes: -6836296829636613855n,
  array: 2965039128708897743n,
  dict: -2435585119574290752n,
} as const;

/** Aim's `hash_auto` of a value, a signed int64: the id of a context is the hash of its dict. */
export function hashValue(value: AimValue): bigint {
  if (value === null) return NONE_HASH;
  if (typeof value === 'boolean') return digest(int64s([value ? 1n : 0n]), SALT.number);
  if (typeof value === 'bigint') return digest(int64s([numericHash(value)]), SALT.number);
  if (typeof value === 'number') return digest(int64s([floatHash(value)]), SALT.number);
  if (typeof value === 'string') return digest(Buffer.from(value, 'utf8'), SALT.string);
  if (value instanceof Uint8Array) return digest(value, SALT.bytes);
  if (value instanceof AimObject || value instanceof AimBlob) throw new TypeError('Aim does not hash objects.');
  if (isArray(value)) return digest(int64s(value.map(hashValue)), SALT.array);
  return hashDict(value);
}

function hashDict(dict: AimDict): bigint {
  const pairs = [...dict].map(([key, value]) => ({ key: hashValue(key), pair: hashPair(key, value) }));
  pairs.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return digest(int64s(pairs.map(({ pair }) => pair)), SALT.dict);
}

function hashPair(key: AimKey, value: AimValue): bigint {
  return hashValue([key, value]);
}

function isArray(value: AimDict | readonly AimValue[]): value is readonly AimValue[] {
  return Array.isArray(value);
}

/** CPython's hash of a float, but without its rule that −1 becomes −2. */
function floatHash(value: number): bigint {
  if (Number.isNaN(value)) return 0n;
  if (!Number.isFinite(value)) return value > 0 ? 314159n : -314159n;
  if (Number.isInteger(value)) return numericHash(BigInt(value));
  // value = numerator / 2^k, and dividing by 2 is multiplying by 2^60 modulo 2^61 − 1.
  let numerator = Math.abs(value);
  let halvings = 0;
  while (!Number.isInteger(numerator)) {
    numerator *= 2;
    halvings++;
  }
  const modulus = 2n ** 61n - 1n;
  const inverse = 2n ** BigInt((61 - (halvings % 61)) % 61);
  const hash = ((BigInt(numerator) % modulus) * inverse) % modulus;
  return value < 0 ? -hash : hash;
}

function int64s(values: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [i, value] of values.entries()) bytes.writeBigInt64LE(value, i * 8);
  return bytes;
}

function digest(bytes: Uint8Array, salt: bigint): bigint {
  const saltBytes = Buffer.alloc(16);
  saltBytes.writeBigInt64LE(salt);
  return Buffer.from(blake2b(bytes, { dkLen: 8, salt: saltBytes })).readBigInt64LE();
}
