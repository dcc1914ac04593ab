import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { IndexDatabase, IndexHeldError } from '../../src/aim/index-database.js';
import { currentManifest, DatabaseReader, manifestName, readVersion, tableName } from '../../src/rocksdb/database.js';
import { encodeManifest } from '../../src/rocksdb/manifest.js';
import { TableWriter } from '../../src/rocksdb/table-writer.js';
import { readRecords } from '../support/aim-records.js';
import { temporaryDirectory } from '../support/temporary.js';

let directory: string;
/** Whether Aim is writing. */
let held = false;
const place = () => ({ staging: `${directory}.staging`, isHeld: () => held });
beforeEach(() => {
  held = false;
  directory = join(temporaryDirectory(), 'index');
});

/** `null` deletes a key. */
type Entries = Readonly<Record<string, string | null>>;

function append(entries: Entries): void {
  const database = IndexDatabase.open(directory, place());
  database.append((table) => {
    for (const key of Object.keys(entries).sort()) {
      const value = entries[key]!;
      if (value === null) table.delete(key);
      else table.add(key, Buffer.from(value));
    }
  });
  database.close();
}

function merge(): void {
  const database = IndexDatabase.open(directory, place());
  database.mergeIfMany();
  database.close();
}

const contents = () => Object.fromEntries([...readRecords(directory)].map(([key, value]) => [key, value.toString()]));
const tables = () =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.sst'))
    .sort();
const liveTables = () =>
  readVersion(directory)
    .files.map(({ number }) => tableName(number))
    .sort();

describe('appending', () => {
  test('makes a database where there is none', () => {
    expect(IndexDatabase.exists(directory)).toBe(false);
    append({ b: '2', a: '1' });
    expect(IndexDatabase.exists(directory)).toBe(true);
    expect(contents()).toEqual({ a: '1', b: '2' });
  });

  test('shows the state before to the writer', () => {
    append({ a: '1' });
    const database = IndexDatabase.open(directory, place());
    let seen: string[] | undefined;
    database.append((table, old) => {
      seen = [...old!.records()].map(({ key }) => key);
      table.add('b', Buffer.from('2'));
    });
    database.append((_, old) => {
      seen = [...seen!, ...[...old!.records()].map(({ key }) => key)];
    });
    database.close();
    expect(seen).toEqual(['a', 'a', 'b']);
  });

  test('nothing changes nothing', () => {
    append({});
    expect(IndexDatabase.exists(directory)).toBe(false);
    append({ a: '1' });
    const before = readdirSync(directory).sort();
    append({});
    expect(readdirSync(directory).sort()).toEqual(before);
  });

  test('that fails changes nothing', () => {
    append({ a: '1' });
    const before = readdirSync(directory).sort();
    const database = IndexDatabase.open(directory, place());
    expect(() =>
      database.append((table) => {
        table.add('b', Buffer.from('2'));
        throw new Error('enough');
      }),
    ).toThrow('enough');
    database.close();
    expect(readdirSync(directory).sort()).toEqual(before);
    expect(contents()).toEqual({ a: '1' });
  });

  test('stays clear of the numbers that a writer of Aim’s may be giving to files', () => {
    append({ a: '1' });
    const { nextFileNumber } = readVersion(directory);
    append({ b: '1' });
    const [, second] = readVersion(directory).files;
    expect(second!.number).toBeGreaterThanOrEqual(nextFileNumber + 1000);
    expect(readVersion(directory).nextFileNumber).toBeGreaterThan(second!.number);
  });

  test('keeps the MANIFEST before for those who have just read its name, and none that is older', () => {
    for (const value of ['1', '2', '3']) append({ a: value });
    const manifests = readdirSync(directory)
      .filter((name) => name.startsWith('MANIFEST-'))
      .sort();
    expect(manifests).toHaveLength(2);
    expect(manifests).toContain(currentManifest(directory));
    expect(readdirSync(directory)).not.toContain('CURRENT.tmp');
  });
});

test('any appends and merges show the newest value of each key', () => {
  const entries = fc.dictionary(
    fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    fc.option(fc.string({ maxLength: 3, unit: 'grapheme-ascii' })),
    {
      maxKeys: 4,
      noNullPrototype: true,
    },
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(entries, fc.constant('merge' as const)), { maxLength: 14 }), (steps) => {
      directory = join(temporaryDirectory(), 'index');
      const expected: Record<string, string> = {};
      for (const step of steps) {
        if (step === 'merge') {
          merge();
          continue;
        }
        append(step);
        for (const [key, value] of Object.entries(step)) {
          if (value === null) delete expected[key];
          else expected[key] = value;
        }
      }
      if (existsSync(join(directory, 'CURRENT'))) expect(contents()).toEqual(expected);
      else expect(expected).toEqual({});
    }),
    { numRuns: 25 },
  );
});

describe('merging', () => {
  test('leaves up to eight files as they are', () => {
    for (let i = 0; i < 8; i++) append({ [`k${i}`]: 'x' });
    merge();
    expect(tables()).toHaveLength(8);
  });

  test('of more makes one that holds every record, and removes the others', () => {
    for (let i = 0; i < 9; i++) append({ [`k${i}`]: 'x', same: String(i), gone: i === 8 ? null : 'x' });
    const before = contents();
    merge();
    expect(contents()).toEqual(before);
    expect(before).toMatchObject({ same: '8', k0: 'x', k8: 'x' });
    expect(before).not.toHaveProperty('gone');
    expect(tables()).toHaveLength(1);
    expect(tables()).toEqual(liveTables());
    expect(readVersion(directory).files).toMatchObject([{ level: 3 }]);
    append({ same: 'newer' });
    expect(contents()).toMatchObject({ same: 'newer', k0: 'x' });
  });

  test('of nothing but deletions leaves an empty database', () => {
    for (let i = 0; i < 9; i++) append({ a: i === 8 ? null : 'x' });
    merge();
    expect(contents()).toEqual({});
    append({ b: '1' });
    expect(contents()).toEqual({ b: '1' });
  });
});

describe('a database that Aim wrote', () => {
  /** Tables at several levels, as RocksDB leaves them. */
  function aims(
    levels: readonly { level: number; sequence: number; entries: Readonly<Record<string, string>> }[],
  ): void {
    mkdirSync(directory, { recursive: true });
    const files = levels.map(({ level, sequence, entries }, i) => {
      const number = 31 + i;
      const table = new TableWriter({ path: join(directory, tableName(number)), number, level, sequence });
      for (const key of Object.keys(entries).sort()) table.add(key, Buffer.from(entries[key]!));
      return table.finish();
    });
    const version = { logNumber: 20, nextFileNumber: 60, lastSequence: 77, files };
    writeFileSync(join(directory, manifestName(21)), encodeManifest(version));
    writeFileSync(join(directory, 'CURRENT'), `${manifestName(21)}\n`);
    for (const name of ['OPTIONS-000024', 'LOCK', 'IDENTITY', '000022.log']) writeFileSync(join(directory, name), '');
  }

  test('is added to: what it holds stays, what we add wins, its other files are left alone', () => {
    aims([
      { level: 3, sequence: 0, entries: { a: 'old', b: 'old' } },
      { level: 0, sequence: 70, entries: { a: 'newer' } },
    ]);
    append({ b: 'ours', c: 'ours' });
    expect(contents()).toEqual({ a: 'newer', b: 'ours', c: 'ours' });
    expect(readVersion(directory)).toMatchObject({ logNumber: 20, lastSequence: 78 });
    expect(readdirSync(directory)).toEqual(
      expect.arrayContaining(['OPTIONS-000024', 'LOCK', 'IDENTITY', '000022.log', manifestName(21)]),
    );
  });

  test('that Aim is just writing anew keeps the MANIFEST that CURRENT does not name yet', () => {
    aims([{ level: 3, sequence: 0, entries: { a: 'old' } }]);
    // RocksDB writes the next MANIFEST, then CURRENT
    writeFileSync(join(directory, manifestName(23)), encodeManifest({ ...readVersion(directory), nextFileNumber: 70 }));
    for (const value of ['1', '2', '3', '4']) append({ b: value });
    expect(readdirSync(directory)).toEqual(expect.arrayContaining([manifestName(21), manifestName(23)]));
    expect(readdirSync(directory).filter((name) => name.startsWith('MANIFEST-'))).toHaveLength(2 + 2);
  });

  test('keeps its tables, also those that it needs no more: RocksDB removes them', () => {
    aims([{ level: 3, sequence: 0, entries: { a: 'old' } }]);
    for (let i = 0; i < 9; i++) append({ [`k${i}`]: 'x'.repeat(200) });
    merge();
    expect(tables()).toEqual([tableName(31), ...liveTables()].sort());
  });

  test.each([
    ['takes its lock', () => (held = true)],
    [
      'has written it',
      () => {
        const version = { ...readVersion(directory), nextFileNumber: 90 };
        writeFileSync(join(directory, manifestName(80)), encodeManifest(version));
        writeFileSync(join(directory, 'CURRENT'), `${manifestName(80)}\n`);
      },
    ],
  ])('is left as it is when Aim %s while ours is being made', (_, meanwhile) => {
    aims([{ level: 3, sequence: 0, entries: { a: 'old' } }]);
    const database = IndexDatabase.open(directory, place());
    const before = tables();
    const attempt = () =>
      database.append((table) => {
        table.add('b', Buffer.from('ours'));
        meanwhile();
      });
    expect(attempt).toThrow(IndexHeldError);
    database.close();
    expect(contents()).toEqual({ a: 'old' });
    expect(tables()).toEqual(before);
    expect(readdirSync(directory)).not.toContain('CURRENT.tmp');
  });

  test('is merged with all its levels', () => {
    aims([
      { level: 2, sequence: 5, entries: { a: '2', b: '2' } },
      ...Array.from({ length: 9 }, (_, i) => ({ level: 0, sequence: 10 + i, entries: { b: String(i) } })),
    ]);
    merge();
    expect(contents()).toEqual({ a: '2', b: '8' });
    expect(readVersion(directory).lastSequence).toBe(77);
  });
});

describe('what a crash leaves', () => {
  test('before the rename of CURRENT changes nothing, and is no obstacle', () => {
    append({ a: '1' });
    writeFileSync(join(directory, tableName(5000)), 'half a table');
    writeFileSync(join(directory, manifestName(5001)), 'half a manifest');
    writeFileSync(join(directory, 'CURRENT.tmp'), 'MANI');
    expect(contents()).toEqual({ a: '1' });
    append({ b: '1' });
    expect(contents()).toEqual({ a: '1', b: '1' });
  });

  test('a reader that was open before goes on reading what it saw', () => {
    append({ a: '1' });
    const reader = new DatabaseReader(directory);
    for (let i = 0; i < 9; i++) append({ a: String(i), [`k${i}`]: 'x' });
    merge();
    expect([...reader.records()].map(({ key, value }) => `${key}=${value}`)).toEqual(['a=1']);
    reader.close();
  });
});
