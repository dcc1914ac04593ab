import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePath } from '../../src/aim/encoding.js';
import type { Repository } from '../../src/aim/repository.js';
import { putTree } from '../../src/aim/tree.js';
import type { AimValue } from '../../src/aim/value.js';
import type { Key } from '../../src/rocksdb/bytes.js';
import { DatabaseWriter } from '../../src/rocksdb/database-writer.js';

/** Writes the attributes of a run as Aim lays them out, into a directory that may hold an earlier version of it. */
export function writeMeta(
  directory: string,
  hash: string,
  attributes: Readonly<Record<string, AimValue>>,
  fileNumber = 1,
): void {
  const records = new Map<Key, Uint8Array>();
  for (const path of [encodePath('meta', 'attrs'), encodePath('meta', 'chunks', hash, 'attrs')]) {
    putTree(path, new Map(Object.entries(attributes)), (key, value) => records.set(key, value));
  }
  putTree(encodePath('meta', 'chunks', hash, 'end_time'), 1.5, (key, value) => records.set(key, value));
  const database = new DatabaseWriter(directory, fileNumber);
  const table = database.table();
  for (const key of [...records.keys()].sort()) table.add(key, records.get(key)!);
  database.close(table);
  database.finish();
}

/** A run in its place, with nothing but attributes. */
export function handMadeRun(
  repository: Repository,
  hash: string,
  attributes: Readonly<Record<string, AimValue>>,
): void {
  writeMeta(repository.meta(hash), hash, attributes);
  new DatabaseWriter(repository.seqs(hash)).finish();
}

/** Leaves what a write-ahead log holds while Aim has not flushed it. */
export function unflushedLog(database: string): void {
  mkdirSync(database, { recursive: true });
  writeFileSync(join(database, '000003.log'), 'something that is in no table yet');
}
