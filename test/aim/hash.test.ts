import { describe, expect, test } from '@jest/globals';
import { blake2b } from '@noble/hashes/blake2.js';
import fc from 'fast-check';
import { hashValue } from '../../src/aim/hash.js';
import { hashSteps, numericHash } from '../../src/aim/step-hash.js';
import { assembledKernel, libraryKernel } from '../../src/aim/step-kernel.js';
import type { AimValue } from '../../src/aim/value.js';

function stepId(step: bigint): bigint {
  const ids = new BigUint64Array(1);
  hashSteps(BigInt64Array.of(step), ids);
  return BigInt.asIntN(64, ids[0]!);
}

const dict = (entries: Record<string, AimValue>) => new Map(Object.entries(entries));

// Vectors made by aim 3.29.1 (docs/aim-repo-format.md §4).
const INTEGERS: [bigint, bigint][] = [
  [0n, 487590686800389010n],
  [1n, 6813614137041369426n],
  [2n, -901861262945818715n],
  [-1n, -2031535777419256979n],
  [-3n, 3704077178527377284n],
  [100n, 1762878158420030874n],
  [2n ** 31n + 5n, 2710540796745116847n],
  [2n ** 40n, 1082616900321517753n],
  [2n ** 53n, -5667485957076255568n],
  [2n ** 53n + 1n, -5667485957076255568n],
  [2n ** 61n - 1n, 6813614137041369426n],
  [2n ** 61n, 6813614137041369426n],
  [2n ** 63n - 1n, 959237082491885421n],
  [-(2n ** 63n), -1605165261942922965n],
];

describe('hashes of values', () => {
  test.each<[string, AimValue, bigint]>([
    ['None', null, 1393794177995070132n],
    ['True', true, 6813614137041369426n],
    ['1.0', 1, 6813614137041369426n],
    ['NaN', Number.NaN, 487590686800389010n],
    ['0.5', 0.5, -3745591848707183511n],
    ['-0.5', -0.5, 2779494349166001267n],
    ['0.1', 0.1, -6804443626259304751n],
    ['1e300', 1e300, -8526786551268721049n],
    ['5e-324', 5e-324, 6347604886970453728n],
    ['inf', Number.POSITIVE_INFINITY, 3372801684980267467n],
    ['-inf', Number.NEGATIVE_INFINITY, 8531898805919798013n],
    ["''", '', 6849049062142317862n],
    ["'a'", 'a', -7370611057014097113n],
    ["'subset'", 'subset', 4898023117525762915n],
    ["'strü'", 'strü', -2616881670500130522n],
    ["b''", new Uint8Array(), 8342467732000280265n],
    ["b'abc'", Buffer.from('abc'), 3511338916790217757n],
    ['[]', [], -6285522261664082058n],
    ['[1, 2]', [1n, 2n], 3353234803786202970n],
    ["['a', [1]]", ['a', [1n]], 7083341836705301412n],
    ['{}', dict({}), -4504863053055089774n],
    ["{'subset': 'train'}", dict({ subset: 'train' }), -8686149688933388395n],
    ["{'subset': 'val'}", dict({ subset: 'val' }), 5190394695475244853n],
    ["{'a': 1, 'b': 2}", dict({ a: 1n, b: 2n }), 2278036228794035492n],
    ["{'b': 2, 'a': 1}", dict({ b: 2n, a: 1n }), 2278036228794035492n],
    ["{'x': {'y': None}}", dict({ x: dict({ y: null }) }), 3015880227470791588n],
    ["{'subset': 'train', 'k': 1.5, 'f': True}", dict({ subset: 'train', k: 1.5, f: true }), 8502765174564105934n],
  ])('%s', (_name, value, hash) => {
    expect(hashValue(value)).toBe(hash);
  });

  test.each(INTEGERS)('%d', (value, hash) => {
    expect(hashValue(value)).toBe(hash);
    expect(stepId(value)).toBe(hash);
  });
});

describe('hashes of steps', () => {
  test('are salted BLAKE2b of the int64, as a library computes it', () => {
    const salt = Buffer.alloc(16);
    salt.writeBigInt64LE(-7494597716789683807n);
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 20 }), (steps) => {
        const ids = new BigUint64Array(steps.length);
        hashSteps(BigInt64Array.from(steps), ids);
        for (const [i, step] of steps.entries()) {
          const message = Buffer.alloc(8);
          message.writeBigInt64LE(numericHash(step));
          expect(ids[i]).toBe(Buffer.from(blake2b(message, { dkLen: 8, salt })).readBigUInt64LE());
        }
      }),
    );
  });

  test('are the same without WebAssembly', () => {
    const [assembled, library] = [assembledKernel(8), libraryKernel(8)];
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 8 }), (steps) => {
        for (const { words, hash } of [assembled, library]) {
          words.set(steps);
          hash(steps.length);
        }
        expect(library.words.slice(0, steps.length)).toEqual(assembled.words.slice(0, steps.length));
      }),
    );
  });

  test('are the same in batches larger than the memory of the module', () => {
    const count = 150_000;
    const steps = BigInt64Array.from({ length: count }, (_, i) => BigInt(i));
    const ids = new BigUint64Array(count);
    hashSteps(steps, ids);
    for (const i of [0, 1, 131_071, 131_072, 131_073, count - 1])
      expect(BigInt.asIntN(64, ids[i]!)).toBe(stepId(BigInt(i)));
  });
});
