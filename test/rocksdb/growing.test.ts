import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { filesToMerge, mergeFiles } from '../../src/rocksdb/compaction.js';
import { DatabaseReader, readVersion } from '../../src/rocksdb/database.js';
import { DatabaseWriter } from '../../src/rocksdb/database-writer.js';
import type { TableFile } from '../../src/rocksdb/manifest.js';
import { readRecords } from '../support/aim-records.js';
import { temporaryDirectory } from '../support/temporary.js';

/** `null` deletes a key. */
type Entries = ReadonlyMap<string, string | null>;

const LIMIT = 3;

function build(directory: string, entries: Entries): void {
  const writer = new DatabaseWriter(directory);
  if (entries.size > 0) fill(writer, entries, 3);
  writer.finish();
}

function fill(writer: DatabaseWriter, entries: Entries, level: number): void {
  const table = writer.table(level);
  for (const key of [...entries.keys()].sort()) {
    const value = entries.get(key)!;
    if (value === null) table.delete(key);
    else table.add(key, Buffer.from(value));
  }
  writer.close(table);
}

/** Adds entries to a database in place of a staging directory; returns the bytes written. */
function grow(directory: string, entries: Entries): number {
  const staged = join(temporaryDirectory(), 'staged');
  const reader = new DatabaseReader(directory);
  const writer = DatabaseWriter.addTo(directory, reader.version, staged);
  fill(writer, entries, 0);
  mergeFiles(reader, writer, { limit: LIMIT - 1 });
  reader.close();
  const bytes = writer.finish();
  for (const name of readdirSync(staged)) renameSync(join(staged, name), join(directory, name));
  return bytes;
}

function apply(model: Map<string, string>, entries: Entries): void {
  for (const [key, value] of entries) {
    if (value === null) model.delete(key);
    else model.set(key, value);
  }
}

describe('a database that grows', () => {
  test('says what was said last of each key, whatever was merged on the way', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'ca', 'd', 'e', 'f');
    const entries = fc.uniqueArray(fc.tuple(key, fc.option(fc.string({ maxLength: 200 }))), {
      selector: ([name]) => name,
      minLength: 1,
    });
    fc.assert(
      fc.property(entries, fc.array(entries, { maxLength: 14 }), (base, additions) => {
        const directory = join(temporaryDirectory(), 'db');
        const first = new Map(base.filter(([, value]) => value !== null));
        const model = new Map<string, string>();
        build(directory, first);
        apply(model, first);
        for (const addition of additions) {
          grow(directory, new Map(addition));
          apply(model, new Map(addition));
          const found = [...readRecords(directory)].map(([name, value]) => [name, value.toString()]);
          expect(found).toEqual([...model].sort(([a], [b]) => (a < b ? -1 : 1)));
          expect(readVersion(directory).files.filter(({ level }) => level === 0).length).toBeLessThanOrEqual(LIMIT);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('gives each addition a higher sequence number, and its files numbers above all that were there', () => {
    const directory = join(temporaryDirectory(), 'db');
    build(directory, new Map([['a', '1']]));
    let before = readVersion(directory);
    for (let i = 0; i < 12; i++) {
      grow(directory, new Map([[`k${i}`, 'x'.repeat(i * 50)]]));
      const now = readVersion(directory);
      expect(now.lastSequence).toBe(before.lastSequence + 1);
      const fresh = now.files.filter(({ number }) => !before.files.some((file) => file.number === number));
      for (const { number } of fresh) {
        expect(number).toBeGreaterThanOrEqual(before.nextFileNumber);
        expect(number).toBeLessThan(now.nextFileNumber);
      }
      // RocksDB refuses files at level 0 whose ranges of sequence numbers meet
      const layers = now.files
        .filter(({ level }) => level === 0)
        .sort((a, b) => a.smallestSequence - b.smallestSequence);
      for (const [j, layer] of layers.entries()) {
        expect(layer.smallestSequence).toBeGreaterThan(layers[j - 1]?.largestSequence ?? 0);
      }
      before = now;
    }
  });

  test('writes little again, and its oldest file only when half as much has come on top', () => {
    const directory = join(temporaryDirectory(), 'db');
    const entries = (from: number, count: number) =>
      new Map(Array.from({ length: count }, (_, i) => [String(from + i).padStart(9, '0'), 'value of a point']));
    build(directory, entries(0, 2000));
    const [base] = readVersion(directory).files;
    let written = 0;
    for (let i = 0; i < 40; i++) {
      written += grow(directory, entries(2000 + i * 20, 20));
      expect(readVersion(directory).files).toContainEqual(base);
    }
    const { files } = readVersion(directory);
    const added = files.filter(({ level }) => level === 0).reduce((sum, { size }) => sum + size, 0);
    expect(written / added).toBeLessThan(12);
  });
});

describe('the files to merge', () => {
  const file = (number: number, size: number, level = 0): TableFile => ({
    number,
    level,
    size,
    smallest: '',
    largest: '',
    smallestSequence: number,
    largestSequence: number,
  });
  const version = (...files: TableFile[]) => ({ logNumber: 3, nextFileNumber: 100, lastSequence: 90, files });
  const numbers = (files: readonly TableFile[]) => files.map(({ number }) => number).sort((a, b) => a - b);

  test('are none while there are few', () => {
    expect(filesToMerge(version(file(4, 9, 3), file(5, 1), file(6, 1)), { limit: 2 })).toEqual([]);
  });

  test('are the newest, as few as weigh no more than half the next older', () => {
    const files = [file(4, 900, 3), file(5, 100), file(6, 20), file(7, 4), file(8, 1), file(9, 1)];
    expect(numbers(filesToMerge(version(...files), { limit: 4 }))).toEqual([8, 9]);
    expect(numbers(filesToMerge(version(...files), { limit: 3 }))).toEqual([7, 8, 9]);
  });

  test('are all, when what came on top outweighs half the oldest', () => {
    const files = [file(4, 20, 3), file(5, 10), file(6, 9), file(7, 8)];
    expect(numbers(filesToMerge(version(...files), { limit: 2 }))).toEqual([4, 5, 6, 7]);
  });

  test('are all at level 0, when only the oldest is twice as heavy', () => {
    const files = [file(4, 90, 3), file(5, 10), file(6, 9), file(7, 8)];
    expect(numbers(filesToMerge(version(...files), { limit: 2 }))).toEqual([5, 6, 7]);
  });
});
