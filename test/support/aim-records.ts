import { encodePath } from '../../src/aim/encoding.js';
import { pointsPath } from '../../src/aim/paths.js';
import type { SequenceId } from '../../src/aim/sequence.js';
import { type Key, keyBytes } from '../../src/rocksdb/bytes.js';
import { DatabaseReader } from '../../src/rocksdb/database.js';

/** All records of a database. */
export function readRecords(directory: string, prefix: Key = ''): Map<Key, Buffer> {
  const reader = new DatabaseReader(directory);
  try {
    return new Map([...reader.records(prefix)].map(({ key, value }) => [key, Buffer.from(value)]));
  } finally {
    reader.close();
  }
}

export interface StoredPoint {
  readonly step: bigint;
  readonly value: number;
  /** Seconds. */
  readonly time: number;
}

/** The points of a metric as they lie in a run's second database, in order of step. */
export function readPoints(directory: string, hash: string, sequence: SequenceId): StoredPoint[] {
  const path = pointsPath(hash, sequence.contextId, sequence.name);
  const column = (name: string) => {
    const prefix = path + encodePath(name);
    const found = readRecords(directory, prefix);
    found.delete(prefix);
    return new Map([...found].map(([key, value]) => [keyBytes(key.slice(prefix.length)).toString('hex'), value]));
  };
  const [epochs, steps, times, values] = [column('epoch'), column('step'), column('time'), column('val')];
  const points = [...steps].map(([id, step]) => {
    if (!epochs.get(id)?.equals(Buffer.from([0]))) throw new Error('A point has no epoch record.');
    return {
      step: step.readBigInt64LE(1),
      value: values.get(id)!.readDoubleLE(1),
      time: times.get(id)!.readDoubleLE(1),
    };
  });
  return points.sort((a, b) => (a.step < b.step ? -1 : 1));
}
