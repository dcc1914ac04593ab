import { blake2b } from '@noble/hashes/blake2.js';

/** Hashes messages of 8 bytes with Aim's salt for numbers. */
export interface StepKernel {
  /** The messages; afterwards, in their place, the hashes. */
  readonly words: BigInt64Array;
  /** Replaces the first `count` of the words. */
  readonly hash: (count: number) => void;
}

const IV = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
] as const;

/** For each round, at which of the 16 positions of the schedule message word 0 is added (all other words are zero). */
const WORD_ZERO_AT = [0, 10, 3, 13, 1, 4, 8, 9, 6, 15, 0, 10] as const;

const COLUMNS_AND_DIAGONALS = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

/** The salt of Aim's hash of a number, in the first 8 of the 16 salt bytes. */
const INT_SALT = BigInt.asUintN(64, -7494597716789683807n);
const DIGEST_SIZE = 8n;
const MESSAGE_SIZE = 8n;

const OP = {
  block: 0x02,
  loop: 0x03,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  get: 0x20,
  set: 0x21,
  i64Load: 0x29,
  i64Store: 0x37,
  i32Const: 0x41,
  i64Const: 0x42,
  i32Eqz: 0x45,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i64Add: 0x7c,
  i64Xor: 0x85,
  i64Rotr: 0x8a,
} as const;

const PAGES = 1;
/**
 * BLAKE2b's compression function for messages of exactly 8 bytes as WebAssembly: straight-line code over sixteen i64 locals.
 * JavaScript has no 64-bit integers; a library takes some 5 µs for a step, fifty times as long. Throws a RangeError if
 * WebAssembly gets no memory: V8 reserves 10 GB of address space for each module, which `ulimit -v` may forbid.
 *
 * @param capacity at most 8,192 words
 */
export function assembledKernel(capacity: number): StepKernel {
  const memory = new WebAssembly.Memory({ initial: PAGES });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(assemble()), { m: { m: memory } });
  return { words: new BigInt64Array(memory.buffer, 0, capacity), hash: instance.exports.h as (count: number) => void };
}

/** The same, by a library. */
export function libraryKernel(capacity: number): StepKernel {
  const words = new BigInt64Array(capacity);
  const bytes = new Uint8Array(words.buffer);
  const salt = new Uint8Array(new BigInt64Array([BigInt.asIntN(64, INT_SALT), 0n]).buffer);
  const hash = (count: number): void => {
    for (let at = 0; at < count * 8; at += 8) {
      bytes.set(blake2b(bytes.subarray(at, at + 8), { dkLen: Number(DIGEST_SIZE), salt }), at);
    }
  };
  return { words, hash };
}

/** The module: `h(count)` replaces each of the first `count` words of memory by its hash. */
function assemble(): Uint8Array<ArrayBuffer> {
  const type = [1, 0x60, 1, 0x7f, 0];
  const imported = [1, 1, 0x6d, 1, 0x6d, 0x02, 0, PAGES];
  const exported = [1, 1, 0x68, 0, 0];
  const body = functionBody();
  const code = [1, ...leb(BigInt(body.length)), ...body];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, type),
    ...section(2, imported),
    ...section(3, [1, 0]),
    ...section(7, exported),
    ...section(10, code),
  ]);
}

/** Locals: 0 the count of words left, 1 the address, 2 the message word, 3 to 18 the working vector. */
function functionBody(): number[] {
  const LEFT = 0;
  const ADDRESS = 1;
  const MESSAGE = 2;
  const VECTOR = 3;
  const code: number[] = [2, 1, 0x7f, 17, 0x7e];
  const get = (local: number) => code.push(OP.get, local);
  const set = (local: number) => code.push(OP.set, local);
  const mix = (a: number, b: number, withMessage: boolean) => {
    get(a);
    get(b);
    code.push(OP.i64Add);
    if (withMessage) {
      get(MESSAGE);
      code.push(OP.i64Add);
    }
    set(a);
  };
  const turn = (d: number, a: number, by: bigint) => {
    get(d);
    get(a);
    code.push(OP.i64Xor, OP.i64Const, ...sleb(by), OP.i64Rotr);
    set(d);
  };
  const chain = initialChain();
  const start = [...chain, ...IV];
  start[12]! ^= MESSAGE_SIZE;
  start[14]! ^= 0xffff_ffff_ffff_ffffn;

  code.push(OP.block, 0x40, OP.loop, 0x40);
  get(LEFT);
  code.push(OP.i32Eqz, OP.brIf, 1);
  get(ADDRESS);
  code.push(OP.i64Load, 3, 0);
  set(MESSAGE);
  for (const [i, word] of start.entries()) {
    code.push(OP.i64Const, ...sleb(BigInt.asIntN(64, word)));
    set(VECTOR + i);
  }
  for (const place of WORD_ZERO_AT) {
    for (const [g, cells] of COLUMNS_AND_DIAGONALS.entries()) {
      const [a, b, c, d] = cells.map((cell) => VECTOR + cell) as [number, number, number, number];
      mix(a, b, place === 2 * g);
      turn(d, a, 32n);
      mix(c, d, false);
      turn(b, c, 24n);
      mix(a, b, place === 2 * g + 1);
      turn(d, a, 16n);
      mix(c, d, false);
      turn(b, c, 63n);
    }
  }
  get(ADDRESS);
  code.push(OP.i64Const, ...sleb(BigInt.asIntN(64, chain[0]!)));
  get(VECTOR);
  get(VECTOR + 8);
  code.push(OP.i64Xor, OP.i64Xor, OP.i64Store, 3, 0);
  get(ADDRESS);
  code.push(OP.i32Const, 8, OP.i32Add);
  set(ADDRESS);
  get(LEFT);
  code.push(OP.i32Const, 1, OP.i32Sub);
  set(LEFT);
  code.push(OP.br, 0, OP.end, OP.end, OP.end);
  return code;
}

/** The chaining value: the IV and the parameter block (digest size, no key, fan-out and depth 1, salt). */
function initialChain(): bigint[] {
  const chain: bigint[] = [...IV];
  chain[0]! ^= DIGEST_SIZE | (1n << 16n) | (1n << 24n);
  chain[4]! ^= INT_SALT;
  return chain;
}

function section(id: number, contents: readonly number[]): number[] {
  return [id, ...leb(BigInt(contents.length)), ...contents];
}

/** Unsigned LEB128. */
function leb(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; ) {
    const byte = Number(rest & 127n);
    rest >>= 7n;
    if (rest === 0n) return [...bytes, byte];
    bytes.push(byte | 128);
  }
}

/** Signed LEB128. */
function sleb(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; ) {
    const byte = Number(rest & 127n);
    rest >>= 7n;
    if ((rest === 0n && byte < 64) || (rest === -1n && byte >= 64)) return [...bytes, byte];
    bytes.push(byte | 128);
  }
}
