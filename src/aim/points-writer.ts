import type { Key } from '../rocksdb/bytes.js';
import type { Column, PutValues } from '../rocksdb/column.js';
import { BOTTOM_LEVEL, type DatabaseWriter } from '../rocksdb/database-writer.js';
import { RollingTable } from '../rocksdb/rolling-table.js';
import { ARRAY, encodeFloat, encodeInt, encodePath, NONE, SENTINEL, TYPE_SIZE } from './encoding.js';
import type { OrderedPoints } from './repeated-steps.js';

/** The four columns of a metric, in the order of their keys. Epoch is always None, since MLflow has none. */
export const COLUMN_NAMES = ['epoch', 'step', 'time', 'val'] as const;
export type ColumnName = (typeof COLUMN_NAMES)[number];

/** Writes metrics, which must come in ascending order of their path, into the tables of a run's sequences. */
export class PointsWriter {
  /** `table` receives metrics that are held in memory; what was added to it before sorts first. */
  constructor(
    private readonly database: DatabaseWriter,
    private readonly level = BOTTOM_LEVEL,
    private readonly table = new RollingTable(database, level),
  ) {}

  /** Writes a metric that is held in memory. */
  write(path: Key, ordered: OrderedPoints): void {
    for (const name of COLUMN_NAMES) {
      const columnPath = path + encodePath(name);
      this.table.add(columnPath, ARRAY);
      this.table.addColumn(columnOf(columnPath, name, ordered), ordered.order.order.length);
    }
  }

  /**
   * Writes a metric that arrives in pieces of ascending step ids; returns the number of its points. The four columns are
   * written side by side into tables of their own, because in key order one column follows the other.
   */
  writePieces(path: Key, pieces: Iterable<OrderedPoints>): number {
    this.table.finish();
    const columns = COLUMN_NAMES.map((name) => {
      const columnPath = path + encodePath(name);
      const table = new RollingTable(this.database, this.level);
      table.add(columnPath, ARRAY);
      return { name, columnPath, table };
    });
    let points = 0;
    for (const piece of pieces) {
      points += piece.order.order.length;
      for (const { name, columnPath, table } of columns) {
        table.addColumn(columnOf(columnPath, name, piece), piece.order.order.length);
      }
    }
    for (const { table } of columns) table.finish();
    return points;
  }

  finish(): void {
    this.table.finish();
  }
}

const INT = encodeInt(0n);
const FLOAT = encodeFloat(0);

function columnOf(path: Key, name: ColumnName, { points, order: { order, ids } }: OrderedPoints): Column {
  const prefix = path + SENTINEL;
  const suffix = SENTINEL;
  switch (name) {
    case 'epoch':
      return { prefix, suffix, ids, value: NONE, putValues: () => {} };
    case 'step':
      return { prefix, suffix, ids, value: INT, putValues: putSteps(points.steps, order) };
    case 'time':
      return { prefix, suffix, ids, value: FLOAT, putValues: putNumbers(points.timestamps, order, 1000) };
    case 'val':
      return { prefix, suffix, ids, value: FLOAT, putValues: putNumbers(points.values, order, 1) };
  }
}

function putSteps(steps: BigInt64Array, order: Uint32Array): PutValues {
  // Two 32-bit words instead of a BigInt, which would be an object.
  const words = new Uint32Array(steps.buffer, steps.byteOffset, steps.length * 2);
  return (target, offset, stride, from, to) => {
    for (let i = from, at = offset + TYPE_SIZE; i < to; i++, at += stride) {
      const word = order[i]! * 2;
      target.setUint32(at, words[word]!, true);
      target.setUint32(at + 4, words[word + 1]!, true);
    }
  };
}

/** Each number divided by `unit`. */
function putNumbers(numbers: Float64Array, order: Uint32Array, unit: number): PutValues {
  return (target, offset, stride, from, to) => {
    for (let i = from, at = offset + TYPE_SIZE; i < to; i++, at += stride) {
      target.setFloat64(at, numbers[order[i]!]! / unit, true);
    }
  };
}
