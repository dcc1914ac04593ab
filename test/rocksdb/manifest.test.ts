import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lengthPrefixed, varint } from '../../src/rocksdb/bytes.js';
import { encodeLog } from '../../src/rocksdb/log-format.js';
import { decodeManifest, encodeManifest, type Version } from '../../src/rocksdb/manifest.js';

const key = fc.uint8Array({ minLength: 8, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const number = fc.integer({ min: 0, max: 2 ** 40 });
const file = fc.record({
  number,
  level: fc.integer({ min: 0, max: 3 }),
  size: number,
  smallest: key,
  largest: key,
  smallestSequence: number,
  largestSequence: number,
});
const version: fc.Arbitrary<Version> = fc.record({
  logNumber: number,
  nextFileNumber: number,
  lastSequence: number,
  files: fc.uniqueArray(file, { selector: ({ number }) => number, maxLength: 10 }),
});

describe('manifest', () => {
  test('gives back the version it was made of', () => {
    fc.assert(fc.property(version, (v) => expect(decodeManifest(encodeManifest(v))).toEqual(v)));
  });

  test('begins with the bytewise comparator', () => {
    const bytes = encodeManifest({ logNumber: 3, nextFileNumber: 5, lastSequence: 0, files: [] });
    expect(bytes.subarray(7).toString('latin1')).toBe('\x01\x1aleveldb.BytewiseComparator\x02\x03\x03\x05\x04\x00');
  });

  test('applies edits in order: a file comes and goes', () => {
    const added = (n: number) =>
      Buffer.concat([
        varint(7),
        varint(0),
        varint(n),
        varint(9),
        lengthPrefixed(Buffer.alloc(8)),
        lengthPrefixed(Buffer.alloc(8, 1)),
      ]);
    const removed = (n: number) => Buffer.concat([varint(6), varint(0), varint(n)]);
    const log = encodeLog([added(4), added(5), removed(4)]);
    expect(decodeManifest(log).files.map((f) => f.number)).toEqual([5]);
  });

  test('passes over tags that may be ignored, and refuses those it does not know', () => {
    expect(
      decodeManifest(encodeLog([Buffer.concat([varint(8200), lengthPrefixed(Buffer.from('new'))])])).files,
    ).toEqual([]);
    expect(() => decodeManifest(encodeLog([varint(42)]))).toThrow('unknown tag 42');
    expect(() => decodeManifest(encodeLog([Buffer.concat([varint(200), varint(1)])]))).toThrow('column family');
    expect(() =>
      decodeManifest(encodeLog([Buffer.concat([varint(1), lengthPrefixed(Buffer.from('reverse'))])])),
    ).toThrow('reverse');
  });
});
