import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RangeTombstones } from '../../../src/verify/rocksdb/range-tombstones.js';

const key = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 3 });
const sequence = fc.integer({ min: 1, max: 6 });
const tombstone = fc.record({ start: key, end: key, sequence });

test('an entry is deleted by a newer tombstone over its key, and by nothing else', () => {
  fc.assert(
    fc.property(
      fc.array(tombstone, { maxLength: 8 }),
      fc.array(fc.tuple(key, sequence), { maxLength: 20 }),
      (given, asked) => {
        const tombstones = new RangeTombstones(
          given.map((one) => ({ ...one, start: Buffer.from(one.start), end: Buffer.from(one.end) })),
        );
        for (const [text, own] of asked) {
          const expected = given.some(({ start, end, sequence: newer }) => start <= text && text < end && own < newer);
          expect(tombstones.covers(Buffer.from(`${text}behind`), text.length, own)).toBe(expected);
        }
      },
    ),
    { numRuns: 500 },
  );
});
