import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DatabaseReader, manifestName, tableName } from '../../src/rocksdb/database.js';
import { DatabaseWriter } from '../../src/rocksdb/database-writer.js';
import { encodeManifest, type TableFile } from '../../src/rocksdb/manifest.js';
import { TableWriter } from '../../src/rocksdb/table-writer.js';
import { temporaryDirectory } from '../support/temporary.js';

function records(directory: string, prefix?: string): Record<string, string> {
  const reader = new DatabaseReader(directory);
  try {
    return Object.fromEntries([...reader.records(prefix)].map(({ key, value }) => [key, value.toString()]));
  } finally {
    reader.close();
  }
}

/** A database of several files at level 0, each newer than the one before. */
function layered(directory: string, layers: readonly ReadonlyMap<string, string | null>[]): void {
  mkdirSync(directory, { recursive: true });
  const files: TableFile[] = [];
  for (const [i, layer] of layers.entries()) {
    const number = 4 + i;
    const table = new TableWriter({ path: join(directory, tableName(number)), number, level: 0, sequence: i + 1 });
    for (const key of [...layer.keys()].sort()) {
      const value = layer.get(key)!;
      if (value === null) table.delete(key);
      else table.add(key, Buffer.from(value));
    }
    files.push(table.finish());
  }
  const version = { logNumber: 3, nextFileNumber: 50, lastSequence: layers.length, files };
  writeFileSync(join(directory, manifestName(1)), encodeManifest(version));
  writeFileSync(join(directory, 'CURRENT'), `${manifestName(1)}\n`);
}

describe('databases', () => {
  test('show the newest entry of each key, over all their files', () => {
    const layer = fc.dictionary(
      fc.constantFrom('a', 'b', 'c', 'ca', 'd', 'e'),
      fc.option(fc.string({ maxLength: 3 })),
      { minKeys: 1 },
    );
    const root = temporaryDirectory();
    let n = 0;
    fc.assert(
      fc.property(fc.array(layer, { minLength: 1, maxLength: 5 }), (layers) => {
        const directory = join(root, String(n++));
        layered(
          directory,
          layers.map((entries) => new Map(Object.entries(entries))),
        );
        const merged: Record<string, string> = {};
        for (const [key, value] of layers.flatMap(Object.entries)) {
          if (value === null) delete merged[key];
          else merged[key] = value;
        }
        expect(records(directory)).toEqual(merged);
        const underC = Object.fromEntries(Object.entries(merged).filter(([key]) => key.startsWith('c')));
        expect(records(directory, 'c')).toEqual(underC);
      }),
      { numRuns: 60 },
    );
  });

  test('are no database before CURRENT is written', () => {
    const directory = join(temporaryDirectory(), 'db');
    const database = new DatabaseWriter(directory);
    const table = database.table();
    table.add('a', Buffer.from('1'));
    database.close(table);
    expect(() => new DatabaseReader(directory)).toThrow('no database');
    database.finish();
    expect(records(directory)).toEqual({ a: '1' });
  });

  test('may be empty', () => {
    const directory = join(temporaryDirectory(), 'db');
    new DatabaseWriter(directory).finish();
    expect(records(directory)).toEqual({});
  });
});
