import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { manifestName, tableName } from '../../../src/rocksdb/database.js';
import { DatabaseWriter } from '../../../src/rocksdb/database-writer.js';
import { encodeLog } from '../../../src/rocksdb/log-format.js';
import { encodeManifest, type TableFile } from '../../../src/rocksdb/manifest.js';
import { TableWriter } from '../../../src/rocksdb/table-writer.js';
import { Database } from '../../../src/verify/rocksdb/database.js';
import { temporaryDirectory } from '../../support/temporary.js';

/** What is done to keys, as one table or one write-ahead log holds it: a value, or a deletion. */
type Layer = ReadonlyMap<string, string | null>;

const keys = fc.string({ unit: fc.constantFrom('a', 'b', 'þ'), minLength: 1, maxLength: 4 });
const layer: fc.Arbitrary<Layer> = fc
  .array(fc.tuple(keys, fc.option(fc.string({ maxLength: 3 }))), { minLength: 1, maxLength: 30 })
  .map((entries) => new Map(entries));

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'));

/** A database of tables at level 0, each newer than the one before, and of what only a log holds. */
function write(directory: string, tables: readonly Layer[], logged: readonly Layer[]): void {
  mkdirSync(directory, { recursive: true });
  const files: TableFile[] = tables.map((entries, i) => {
    const number = 4 + i;
    const table = new TableWriter({ path: join(directory, tableName(number)), number, level: 0, sequence: i + 1 });
    for (const key of [...entries.keys()].sort(byBytes)) {
      const value = entries.get(key)!;
      if (value === null) table.delete(key);
      else table.add(key, Buffer.from(value));
    }
    return table.finish();
  });
  const version = { logNumber: 3, nextFileNumber: 50, lastSequence: tables.length, files };
  writeFileSync(join(directory, manifestName(1)), encodeManifest(version));
  writeFileSync(join(directory, 'CURRENT'), `${manifestName(1)}\n`);
  writeFileSync(join(directory, '000040.log'), encodeLog(logged.map((batch, i) => writeBatch(batch, 1000 + i * 100))));
}

function writeBatch(batch: Layer, sequence: number): Buffer {
  const header = Buffer.alloc(12);
  header.writeBigUInt64LE(BigInt(sequence));
  header.writeUInt32LE(batch.size, 8);
  const prefixed = (text: string) => Buffer.concat([Buffer.of(text.length), Buffer.from(text, 'latin1')]);
  const records = [...batch].map(([key, value]) =>
    value === null
      ? Buffer.concat([Buffer.of(0), prefixed(key)])
      : Buffer.concat([Buffer.of(1), prefixed(key), Buffer.of(Buffer.byteLength(value)), Buffer.from(value)]),
  );
  return Buffer.concat([header, ...records]);
}

/** All records from a key on; copies, because a cursor shows them only until it moves. */
function records(directory: string, from = ''): [string, string][] {
  const database = Database.open(directory);
  try {
    const cursor = database.cursor();
    const found: [string, string][] = [];
    for (cursor.seek(Buffer.from(from, 'latin1')); cursor.valid; cursor.next()) {
      const key = Buffer.from(cursor.key.slice(0, cursor.keyLength)).toString('latin1');
      found.push([key, Buffer.from(cursor.copyValue()).toString()]);
    }
    return found;
  } finally {
    database.close();
  }
}

function merged(layers: readonly Layer[]): [string, string][] {
  const result = new Map<string, string>();
  for (const [key, value] of layers.flatMap((entries) => [...entries])) {
    if (value === null) result.delete(key);
    else result.set(key, value);
  }
  return [...result].sort(([a], [b]) => byBytes(a, b));
}

describe('a database, read', () => {
  test('shows the newest entry of each key over tables and log, from any key on', () => {
    const root = temporaryDirectory();
    let n = 0;
    fc.assert(
      fc.property(
        fc.array(layer, { maxLength: 4 }),
        fc.array(layer, { maxLength: 3 }),
        keys,
        (tables, logged, from) => {
          const directory = join(root, String(n++));
          write(directory, tables, logged);
          const all = merged([...tables, ...logged]);
          expect(records(directory)).toEqual(all);
          expect(records(directory, from)).toEqual(all.filter(([key]) => byBytes(key, from) >= 0));
          rmSync(directory, { recursive: true });
        },
      ),
      { numRuns: 100 },
    );
  });

  test('says of each key how much of it is that of the one before', () => {
    const directory = join(temporaryDirectory(), 'db');
    const entries = new Map(Array.from({ length: 500 }, (_, i) => [`key/${String(i).padStart(6, '0')}`, String(i)]));
    write(directory, [entries], []);
    const database = Database.open(directory);
    const cursor = database.cursor();
    let before = Buffer.alloc(0);
    for (cursor.seek(Buffer.of()); cursor.valid; cursor.next()) {
      const key = Buffer.from(cursor.key.slice(0, cursor.keyLength));
      expect(key.subarray(0, cursor.shared)).toEqual(before.subarray(0, cursor.shared));
      before = key;
    }
    database.close();
    expect(before.toString()).toBe('key/000499');
  });

  test('of several tables of one level is one sorted stream', () => {
    const directory = join(temporaryDirectory(), 'db');
    const database = new DatabaseWriter(directory);
    const value = Buffer.alloc(20_000, 1);
    const names = Array.from({ length: 30 }, (_, i) => String(i).padStart(3, '0'));
    for (const some of [names.slice(0, 10), names.slice(10)]) {
      const table = database.table();
      for (const key of some) table.add(key, value);
      database.close(table);
    }
    database.finish();
    expect(records(directory).map(([key]) => key)).toEqual(names);
    expect(records(directory, '009x').map(([key]) => key)).toEqual(names.slice(10));
  });

  test('ends before a record of its log that was not written to its end', () => {
    const directory = join(temporaryDirectory(), 'db');
    const layers = [new Map([['a', '1']]), new Map([['b', '2']])];
    write(directory, [], layers);
    const log = join(directory, '000040.log');
    const bytes = readFileSync(log);
    const whole = [...Array(bytes.length + 1).keys()].map((length) => {
      writeFileSync(log, bytes.subarray(0, length));
      return records(directory).length;
    });
    expect(whole).toEqual([...whole].sort());
    expect(new Set(whole)).toEqual(new Set([0, 1, 2]));
    writeFileSync(log, Buffer.concat([bytes, Buffer.alloc(5000)]));
    expect(records(directory)).toHaveLength(2);
  });

  test('does not take a broken record of the log for its end when others follow', () => {
    const directory = join(temporaryDirectory(), 'db');
    write(directory, [], [new Map([['a', '1']]), new Map([['b', '2']])]);
    const log = join(directory, '000040.log');
    const bytes = readFileSync(log);
    for (const at of bytes.subarray(0, bytes.length / 2).keys()) {
      const broken = Buffer.from(bytes);
      broken[at]! ^= 0x10;
      writeFileSync(log, broken);
      expect(() => records(directory)).toThrow(/000040\.log is damaged/);
    }
  });
});

describe('damage', () => {
  /** A database of one table whose blocks are of each kind. */
  function sound(): string {
    const directory = join(temporaryDirectory(), 'db');
    const entries = new Map(Array.from({ length: 300 }, (_, i) => [`key/${i}`, 'value '.repeat(i % 40)]));
    write(directory, [entries], []);
    rmSync(join(directory, '000040.log'));
    return directory;
  }

  test('of a single bit is found in whichever file and byte it is', () => {
    const good = sound();
    const expected = records(good);
    const files = readdirSync(good);
    const spoiled = join(temporaryDirectory(), 'spoiled');
    let tried = 0;
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.nat(), fc.nat(7), (file, place, bit) => {
        mkdirSync(spoiled, { recursive: true });
        for (const name of files) copyFileSync(join(good, name), join(spoiled, name));
        const bytes = readFileSync(join(spoiled, file));
        bytes[place % bytes.length]! ^= 1 << bit;
        writeFileSync(join(spoiled, file), bytes);
        tried++;
        // a MANIFEST of the same number, written differently, or white space
        if (file === 'CURRENT' && readFileSync(join(spoiled, file), 'latin1').trimEnd() === manifestName(1)) return;
        expect(() => records(spoiled)).toThrow(expect.objectContaining({ name: 'ConvertError' }));
      }),
      { numRuns: 600 },
    );
    expect(tried).toBeGreaterThan(300);
    expect(records(good)).toEqual(expected);
  });

  test('of a file that was cut or is missing is found, and the file is named', () => {
    for (const name of [tableName(4), manifestName(1), 'CURRENT']) {
      const directory = sound();
      const { size } = statSync(join(directory, name));
      for (const length of new Set([0, 1, Math.floor(size / 2), size - 2])) {
        const bytes = readFileSync(join(sound(), name)).subarray(0, length);
        writeFileSync(join(directory, name), bytes);
        expect(() => records(directory)).toThrow(new RegExp(`${name.replace('1', '\\d')}|${name}`));
      }
      rmSync(join(directory, name));
      expect(() => records(directory)).toThrow(expect.objectContaining({ name: 'ConvertError' }));
    }
  });

  test('is not what lies beside the tables', () => {
    const directory = sound();
    const expected = records(directory);
    writeFileSync(join(directory, tableName(17)), 'left over');
    const database = Database.open(directory);
    expect(database.leftovers).toEqual([tableName(17)]);
    database.close();
    expect(records(directory)).toEqual(expected);
  });
});
