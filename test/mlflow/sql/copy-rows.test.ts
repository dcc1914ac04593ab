import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MetricColumns } from '../../../src/mlflow/sql/metric-columns.js';
import { MetricTable } from '../../../src/mlflow/sql/metric-table.js';
import { CopyRows } from '../../../src/mlflow/sql/postgresql/copy-rows.js';
import { type Point, point } from '../../support/points.js';

interface Row extends Point {
  readonly key: string;
}

const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER = Buffer.from([0xff, 0xff]);

function field(length: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(4 + length);
  bytes.writeInt32BE(length, 0);
  write(bytes.subarray(4));
  return bytes;
}

/** As PostgreSQL sends timestamp, step, value, is_nan and, when asked for, the key. */
function encode(rows: readonly Row[], keyed: boolean): Buffer {
  const tuples = rows.map(({ timestamp, step, value, key }) => {
    const isNan = Number.isNaN(value);
    const text = Buffer.from(key);
    const count = Buffer.alloc(2);
    count.writeInt16BE(keyed ? 5 : 4, 0);
    return Buffer.concat([
      count,
      field(8, (bytes) => bytes.writeBigInt64BE(BigInt(timestamp))),
      field(8, (bytes) => bytes.writeBigInt64BE(step)),
      field(8, (bytes) => bytes.writeDoubleBE(isNan ? 0 : value)),
      field(1, (bytes) => bytes.writeUInt8(isNan ? 1 : 0)),
      ...(keyed ? [field(text.length, (bytes) => text.copy(bytes))] : []),
    ]);
  });
  return Buffer.concat([HEADER, ...tuples, TRAILER]);
}

const row: fc.Arbitrary<Row> = fc
  .tuple(point, fc.constantFrom('loss', 'α/β', '', 'x'.repeat(250)))
  .map(([some, key]) => ({ ...some, key }));

/** MLflow stores infinities as the largest doubles. */
function asRead(value: number): number {
  return Math.abs(value) === Number.MAX_VALUE ? value * 2 : value;
}

function pointsOf(columns: MetricColumns | undefined): Point[] {
  return [...(columns?.batches() ?? [])].flatMap(({ steps, values, timestamps }) =>
    [...steps].map((step, at) => ({ step, value: values[at] ?? 0, timestamp: timestamps[at] ?? 0 })),
  );
}

describe("PostgreSQL's binary COPY format", () => {
  test('is read bit for bit, wherever the chunks are cut', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), fc.array(fc.nat(500)), fc.boolean(), (rows, cuts, keyed) => {
        const bytes = encode(rows, keyed);
        const [table, one] = [new MetricTable(), new MetricColumns(4)];
        const copied = new CopyRows(keyed ? table : one);
        let from = 0;
        for (const size of cuts) {
          copied.push(bytes.subarray(from, from + size));
          from = Math.min(bytes.length, from + size);
        }
        copied.push(bytes.subarray(from));
        copied.end();
        const plain = ({ key: _key, value, ...rest }: Row): Point => ({ ...rest, value: asRead(value) });
        if (!keyed) expect(pointsOf(one)).toEqual(rows.map(plain));
        for (const key of keyed ? new Set(rows.map((some) => some.key)) : []) {
          expect(pointsOf(table.get(key))).toEqual(rows.filter((some) => some.key === key).map(plain));
        }
      }),
    );
  });

  test('a stream that ends early is an error, not a short metric', () => {
    const bytes = encode([{ key: 'k', step: 1n, value: 1, timestamp: 1 }], true);
    for (let length = 0; length < bytes.length; length++) {
      const copied = new CopyRows(new MetricTable());
      copied.push(bytes.subarray(0, length));
      expect(() => copied.end()).toThrow('binary format');
    }
  });

  test('anything else is refused', () => {
    expect(() => new CopyRows(new MetricTable()).push(Buffer.from('1\t2\t3\t4\n'.repeat(9)))).toThrow('binary format');
    const keyed = encode([{ key: 'k', step: 1n, value: 1, timestamp: 1 }], true);
    expect(() => new CopyRows(new MetricColumns()).push(keyed)).toThrow('binary format');
  });
});
