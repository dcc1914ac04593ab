import { describe, expect, test } from '@jest/globals';
import { encodeFloat, encodeInt, encodePath, encodeString } from '../../src/aim/encoding.js';
import { hashValue } from '../../src/aim/hash.js';
import { putTree } from '../../src/aim/tree.js';
import { AimBlob, type AimKey, AimObject, type AimValue } from '../../src/aim/value.js';
import { keyBytes } from '../../src/rocksdb/bytes.js';

const hex = (...path: AimKey[]) => keyBytes(encodePath(...path)).toString('hex');

function records(value: AimValue): Record<string, string> {
  const found: Record<string, string> = {};
  putTree(encodePath('p'), value, (key, bytes) => {
    found[keyBytes(key).toString('hex')] = Buffer.from(bytes).toString('hex');
  });
  return found;
}

// Vectors of docs/aim-repo-format.md §3.
describe('paths', () => {
  test.each<[AimKey[], string]>([
    [['a'], '61fe'],
    [['a', 0n], '61fefe0000000000000000fe'],
    [['a', -1n], '61fefefffffffffffffffffe'],
    [['foo', 19n, 'α-γ'], '666f6ffefe0000000000000013feceb12dceb3fe'],
    [['meta', 'chunks'], '6d657461fe6368756e6b73fe'],
  ])('%j', (path, bytes) => {
    expect(hex(...path)).toBe(bytes);
  });

  test('of a point', () => {
    const context = hashValue(new Map([['subset', 'train']]));
    expect(hex('seqs', 'v2', 'chunks', '0123456789abcdef01234567', context, 'loss', 'val', hashValue(2n))).toBe(
      '73657173fe7632fe6368756e6b73fe303132333435363738396162636465663031323334353637fefe877498e10d416f95fe6c6f7373fe76616cfefef37bf1f5a96de7a5fe',
    );
  });

  test('have no empty elements', () => {
    expect(hex('')).toBe(hex('(empty)'));
  });
});

describe('values', () => {
  test.each<[string, Buffer, string]>([
    ['1', encodeInt(1n), '020100000000000000'],
    ['-1', encodeInt(-1n), '02ffffffffffffffff'],
    ['0.5', encodeFloat(0.5), '03000000000000e03f'],
    ['NaN', encodeFloat(Number.NaN), '03000000000000f87f'],
    ['inf', encodeFloat(Number.POSITIVE_INFINITY), '03000000000000f07f'],
    ["'abc'", encodeString('abc'), '04616263'],
    ["''", encodeString(''), '04'],
  ])('%s', (_name, bytes, expected) => {
    expect(bytes.toString('hex')).toBe(expected);
  });
});

describe('trees', () => {
  test.each<[string, AimValue, Record<string, string>]>([
    ['None', null, { '70fe': '00' }],
    ['True', true, { '70fe': '0101' }],
    ['an empty list', [], { '70fe': '06' }],
    ['a list', ['a'], { '70fe': '06', '70fefe0000000000000000fe': '0461' }],
    ['an empty dict', new Map(), { '70fe': '07' }],
    [
      'a dict',
      new Map<AimKey, AimValue>([
        ['k', false],
        [7n, null],
      ]),
      { '70fe6bfe': '0100', '70fefe0000000000000007fe': '00' },
    ],
    [
      'an object with a blob',
      new AimObject('aim.text', new Map([['data', new AimBlob('bye')]])),
      {
        '70fe': '0f61696d2e74657874',
        '70fe64617461fe': '',
        '424c4f4253fe70fe64617461fe': '04627965',
      },
    ],
  ])('%s', (_name, value, expected) => {
    expect(records(value)).toEqual(expected);
  });
});
