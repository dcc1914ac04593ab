import { stepHash } from './hash.js';

/** BLAKE2b's initial state (RFC 7693), as words of 32 bits, the low one of each pair first. */
const INITIAL = Int32Array.of(
  0xf3bcc908,
  0x6a09e667,
  0x84caa73b,
  0xbb67ae85,
  0xfe94f82b,
  0x3c6ef372,
  0x5f1d36f1,
  0xa54ff53a,
  0xade682d1,
  0x510e527f,
  0x2b3e6c1f,
  0x9b05688c,
  0xfb41bd6b,
  0x1f83d9ab,
  0x137e2179,
  0x5be0cd19,
);

/** For each round, which of its sixteen inputs is the first word of the message: all others of a step's are zero. */
const FIRST_WORD = Uint8Array.of(0, 10, 3, 13, 1, 4, 8, 9, 6, 15, 0, 10);

/** Digest of 8 bytes, no key, and the salt of numbers (docs/aim-repo-format.md §4). */
const PARAMETERS = 0x01010008;
const SALT = Int32Array.of(
  Number(-7494597716789683807n & 0xffffffffn),
  Number((-7494597716789683807n >> 32n) & 0xffffffffn),
);
const MESSAGE_LENGTH = 8;

const WORD = 2 ** 32;

/** Steps that were met lately; a training's metrics have the same. */
const CACHE_SIZE = 1 << 17;

/** Beyond this Aim hashes the double nearest to a step. */
const EXACT = 2 ** 21;

/** Recomputes the hashes of steps. BLAKE2b for one short message, because millions of points are to be checked. */
export class StepHashes {
  /** step low, step high, hash low, hash high for each place; a place's step 0 is filled in from the start. */
  private readonly cache = new Int32Array(CACHE_SIZE * 4);
  private readonly state = new Int32Array(32);
  private readonly message = new Int32Array(2);

  constructor() {
    // every place claims to hold step 0, so all have to tell its hash
    this.compute(0, 0);
    for (let at = 0; at < this.cache.length; at += 4) {
      this.cache[at + 2] = this.low;
      this.cache[at + 3] = this.high;
    }
  }

  /** Of the last step that was asked for. */
  low = 0;
  high = 0;

  /** Sets `low` and `high` to the hash of a step, which comes in two words. */
  hash(stepLow: number, stepHigh: number): void {
    const { cache } = this;
    const at = ((stepLow ^ stepHigh) & (CACHE_SIZE - 1)) * 4;
    if (cache[at] !== stepLow || cache[at + 1] !== stepHigh) {
      this.compute(stepLow, stepHigh);
      cache[at] = stepLow;
      cache[at + 1] = stepHigh;
      cache[at + 2] = this.low;
      cache[at + 3] = this.high;
      return;
    }
    this.low = cache[at + 2]!;
    this.high = cache[at + 3]!;
  }

  private compute(stepLow: number, stepHigh: number): void {
    if (stepHigh >= EXACT || stepHigh < -EXACT) {
      const hash = stepHash((BigInt(stepHigh) << 32n) | BigInt(stepLow >>> 0));
      this.low = Number(BigInt.asIntN(32, hash));
      this.high = Number(BigInt.asIntN(32, hash >> 32n));
      return;
    }
    const v = this.state;
    v.set(INITIAL);
    v.set(INITIAL, 16);
    v[0]! ^= PARAMETERS;
    v[8]! ^= SALT[0]!;
    v[9]! ^= SALT[1]!;
    v[24]! ^= MESSAGE_LENGTH;
    v[28] = ~v[28]!;
    v[29] = ~v[29]!;
    this.message[0] = stepLow;
    this.message[1] = stepHigh;
    for (let round = 0; round < FIRST_WORD.length; round++) {
      for (let i = 0; i < 8; i++) mix(v, i, FIRST_WORD[round]!, this.message);
    }
    this.low = INITIAL[0]! ^ PARAMETERS ^ v[0]! ^ v[16]!;
    this.high = INITIAL[1]! ^ v[1]! ^ v[17]!;
  }
}

/**
 * BLAKE2's function G on the `i`th column or diagonal of the state. Words of 64 bits are pairs of numbers here.
 *
 * @param place which of the round's sixteen inputs is the first word of the message; all others are zero
 */
function mix(v: Int32Array, i: number, place: number, message: Int32Array): void {
  const turn = i >> 2;
  const a = (i & 3) * 2;
  const b = 8 + (((i & 3) + turn) & 3) * 2;
  const c = 16 + (((i & 3) + turn * 2) & 3) * 2;
  const d = 24 + (((i & 3) + turn * 3) & 3) * 2;
  let aLow = v[a]!;
  let aHigh = v[a + 1]!;
  let bLow = v[b]!;
  let bHigh = v[b + 1]!;
  let cLow = v[c]!;
  let cHigh = v[c + 1]!;
  let dLow = v[d]!;
  let dHigh = v[d + 1]!;
  let xor = 0;

  let sum = (aLow >>> 0) + (bLow >>> 0) + (place === i * 2 ? message[0]! >>> 0 : 0);
  aHigh = (aHigh + bHigh + (place === i * 2 ? message[1]! : 0) + ((sum / WORD) | 0)) | 0;
  aLow = sum | 0;
  xor = dLow ^ aLow; // rotated by 32
  dLow = dHigh ^ aHigh;
  dHigh = xor;
  sum = (cLow >>> 0) + (dLow >>> 0);
  cHigh = (cHigh + dHigh + ((sum / WORD) | 0)) | 0;
  cLow = sum | 0;
  xor = bLow ^ cLow; // by 24
  bHigh ^= cHigh;
  bLow = (xor >>> 24) | (bHigh << 8);
  bHigh = (bHigh >>> 24) | (xor << 8);

  sum = (aLow >>> 0) + (bLow >>> 0) + (place === i * 2 + 1 ? message[0]! >>> 0 : 0);
  aHigh = (aHigh + bHigh + (place === i * 2 + 1 ? message[1]! : 0) + ((sum / WORD) | 0)) | 0;
  aLow = sum | 0;
  xor = dLow ^ aLow; // by 16
  dHigh ^= aHigh;
  dLow = (xor >>> 16) | (dHigh << 16);
  dHigh = (dHigh >>> 16) | (xor << 16);
  sum = (cLow >>> 0) + (dLow >>> 0);
  cHigh = (cHigh + dHigh + ((sum / WORD) | 0)) | 0;
  cLow = sum | 0;
  xor = bLow ^ cLow; // by 63
  bHigh ^= cHigh;
  bLow = (xor << 1) | (bHigh >>> 31);
  bHigh = (bHigh << 1) | (xor >>> 31);

  v[a] = aLow;
  v[a + 1] = aHigh;
  v[b] = bLow;
  v[b + 1] = bHigh;
  v[c] = cLow;
  v[c + 1] = cHigh;
  v[d] = dLow;
  v[d + 1] = dHigh;
}
