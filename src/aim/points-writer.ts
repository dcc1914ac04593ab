import type { Column } from '../rocksdb/block-builder.js';
import type { Key } from '../rocksdb/bytes.js';
import { BOTTOM_LEVEL, type DatabaseWriter } from '../rocksdb/database-writer.js';
import { RollingTable } from '../rocksdb/rolling-table.js';
import { ARRAY, encodePath, FLOAT_TYPE, INT_TYPE, NONE, SENTINEL } from './encoding.js';
import type { OrderedPoints } from './repeated-steps.js';

/** The four columns of a metric, in the order of their keys. Epoch is always None: MLflow has none. */
export const COLUMN_NAMES = ['epoch', 'step', 'time', 'val'] as const;
export type ColumnName = (typeof COLUMN_NAMES)[number];

/** Writes metrics, which must come in ascending order of their path, into the tables of a run's sequences. */
export class PointsWriter {
  /** `table` is where metrics go that are in memory; what was added to it before comes before them. */
  constructor(
    private readonly database: DatabaseWriter,
    private readonly level = BOTTOM_LEVEL,
    private readonly table = new RollingTable(database, level),
  ) {}

  /** Writes a metric that is in memory. */
  write(path: Key, ordered: OrderedPoints): void {
    for (const name of COLUMN_NAMES) {
      const columnPath = path + encodePath(name);
      this.table.add(columnPath, ARRAY);
      this.table.addColumn(columnOf(columnPath, name, ordered), ordered.order.order.length);
    }
  }

  /**
   * Writes a metric that comes in pieces of ascending step ids; returns the number of its points. Its columns grow side
   * by side, each in tables of its own, since in the order of keys one column lies behind the other.
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

function columnOf(path: Key, name: ColumnName, { points, order }: OrderedPoints): Column {
  const shape = { prefix: path + SENTINEL, suffix: SENTINEL, ids: order.ids };
  const { steps, values, timestamps } = points;
  const at = order.order;
  // Words, because every BigInt would be an object.
  const words = new Uint32Array(steps.buffer, steps.byteOffset, steps.length * 2);
  switch (name) {
    case 'epoch':
      return { ...shape, width: 1, putValue: (target, offset) => target.setUint8(offset, NONE[0]!) };
    case 'step':
      return {
        ...shape,
        width: 9,
        putValue: (target, offset, i) => {
          target.setUint8(offset, INT_TYPE);
          target.setUint32(offset + 1, words[at[i]! * 2]!, true);
          target.setUint32(offset + 5, words[at[i]! * 2 + 1]!, true);
        },
      };
    case 'time':
      return {
        ...shape,
        width: 9,
        putValue: (target, offset, i) => {
          target.setUint8(offset, FLOAT_TYPE);
          target.setFloat64(offset + 1, timestamps[at[i]!]! / 1000, true);
        },
      };
    case 'val':
      return {
        ...shape,
        width: 9,
        putValue: (target, offset, i) => {
          target.setUint8(offset, FLOAT_TYPE);
          target.setFloat64(offset + 1, values[at[i]!]!, true);
        },
      };
  }
}
