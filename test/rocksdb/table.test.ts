import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BlockBuilder } from '../../src/rocksdb/block-builder.js';
import type { PutValues } from '../../src/rocksdb/column.js';
import { TableReader } from '../../src/rocksdb/table-reader.js';
import { TableWriter } from '../../src/rocksdb/table-writer.js';
import { temporaryDirectory } from '../support/temporary.js';

const binaryKey = fc.uint8Array({ minLength: 1, maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const entries = fc
  .uniqueArray(fc.tuple(binaryKey, fc.uint8Array({ maxLength: 300 })), {
    selector: ([key]) => key,
    minLength: 1,
    maxLength: 400,
  })
  .map((list) => list.sort(([a], [b]) => (a < b ? -1 : 1)));

let files = 0;

function writer(directory: string, sequence = 0): { table: TableWriter; path: string } {
  const path = join(directory, `${String(++files).padStart(6, '0')}.sst`);
  return { path, table: new TableWriter({ path, number: files, level: 3, sequence }) };
}

function read(path: string, from?: string): [string, string][] {
  const reader = new TableReader(path);
  try {
    return [...reader.entries(from)].map(({ key, value }) => [key, value.toString('latin1')]);
  } finally {
    reader.close();
  }
}

describe('table files', () => {
  test('give back their entries, from the beginning or from a key on', () => {
    const directory = temporaryDirectory();
    fc.assert(
      fc.property(entries, fc.nat(), (list, pick) => {
        const { table, path } = writer(directory);
        for (const [key, value] of list) table.add(key, value);
        const file = table.finish();
        const written = list.map(([key, value]) => [key, Buffer.from(value).toString('latin1')]);
        expect(read(path)).toEqual(written);
        expect(file.size).toBe(readFileSync(path).length);
        const from = pick % list.length;
        expect(read(path, list[from]![0])).toEqual(written.slice(from));
      }),
      { numRuns: 60 },
    );
  });

  test('end with the footer of a block-based table of format version 2', () => {
    const { table, path } = writer(temporaryDirectory());
    table.add('a\xfe', Buffer.from([0]));
    table.finish();
    const footer = readFileSync(path).subarray(-53);
    expect(footer[0]).toBe(1);
    expect(footer.subarray(41).toString('hex')).toBe('02000000f7cff485b741e288');
  });

  test('write a column as the same entries one by one', () => {
    const directory = temporaryDirectory();
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1, maxLength: 3000 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat({ max: 200 }),
        (ids, width, before) => {
          ids.sort((a, b) => (a < b ? -1 : 1));
          const idBytes = Buffer.from(BigUint64Array.from(ids).buffer).swap64();
          const values = Buffer.alloc(ids.length * width, 'value');
          for (let i = 0; i < ids.length; i++) values[i * width] = 7; // the same in all, and not to be written again
          const column = writer(directory);
          const single = writer(directory);
          for (const { table } of [column, single]) {
            for (let i = 0; i < before; i++) table.add(`a${String(i).padStart(3, '0')}`, Buffer.from([i]));
            table.add('col\xfe', Buffer.from([6]));
          }
          const words = new Uint32Array(idBytes.buffer, idBytes.byteOffset, ids.length * 2);
          const putValues: PutValues = (target, offset, stride, from, to) => {
            for (let i = from; i < to; i++) {
              for (let k = 1; k < width; k++) {
                target.setUint8(offset + (i - from) * stride + k, values[i * width + k]!);
              }
            }
          };
          const value = Buffer.alloc(width, 7);
          column.table.addColumn({ prefix: 'col\xfe\xfe', suffix: '\xfe', ids: words, value, putValues }, ids.length);
          for (const [i] of ids.entries()) {
            const key = `col\xfe\xfe${idBytes.toString('latin1', i * 8, i * 8 + 8)}\xfe`;
            single.table.add(key, values.subarray(i * width, i * width + width));
          }
          for (const { table } of [column, single]) {
            table.add('zzz', Buffer.alloc(0));
            table.finish();
          }
          expect(read(column.path)).toEqual(read(single.path));
        },
      ),
      { numRuns: 40 },
    );
  });

  test('take over entries of another table’s blocks as if they had been added one by one', () => {
    const directory = temporaryDirectory();
    const prefixes = fc.constantFrom('', 'p', 'p\xfe', 'p\xff');
    const keyed = fc.uniqueArray(
      fc.tuple(
        fc.tuple(prefixes, binaryKey).map(([a, b]) => a + b),
        fc.nat({ max: 300 }),
      ),
      {
        selector: ([key]) => key,
        minLength: 1,
        maxLength: 800,
      },
    );
    fc.assert(
      fc.property(keyed, prefixes, fc.boolean(), fc.boolean(), (list, prefix, large, inOne) => {
        list.sort(([a], [b]) => (a < b ? -1 : 1));
        const values = list.map(([, size], i) => Buffer.alloc(large && i % 7 === 6 ? 70_000 : size, String(i)));
        const source = writer(directory);
        for (const [i, [key]] of list.entries()) source.table.add(key, values[i]!);
        source.table.finish();
        const builder = new BlockBuilder(1024, 16);
        for (const [i, [key]] of list.entries()) builder.add(`${key}\x01${'\0'.repeat(7)}`, values[i]!);
        const reader = new TableReader(source.path);
        const blocks = inOne ? [builder.finish().subarray(0, -1)] : [...reader.blocks()];
        reader.close();
        const copied = writer(directory, 5);
        copied.table.add('', Buffer.from('before'));
        for (const block of blocks) copied.table.addFromBlock(block, prefix);
        copied.table.add('\xff'.repeat(40), Buffer.from('behind'));
        copied.table.finish();
        expect(read(copied.path)).toEqual([
          ['', 'before'],
          ...list.flatMap(([key], i) => (key.startsWith(prefix) ? [[key, values[i]!.toString('latin1')]] : [])),
          ['\xff'.repeat(40), 'behind'],
        ]);
        const sequences = new TableReader(copied.path);
        expect([...sequences.entries()].every(({ sequence, type }) => sequence === 5 && type === 1)).toBe(true);
        for (const [i, [key]] of list.entries()) {
          if (!key.startsWith(prefix)) continue;
          expect(sequences.entries(key).next().value).toMatchObject({ key, value: values[i] });
        }
        sequences.close();
      }),
      { numRuns: 60 },
    );
  });

  test('hold values far larger than a block', () => {
    const { table, path } = writer(temporaryDirectory());
    const large = Buffer.alloc(3_000_000, 'x');
    table.add('a', Buffer.from('1'));
    table.add('b', large);
    table.add('c', Buffer.from('2'));
    table.finish();
    const reader = new TableReader(path);
    const found = [...reader.entries()];
    reader.close();
    expect(found.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
    expect(found[1]!.value.equals(large)).toBe(true);
  });

  test('keep deletions and sequence numbers', () => {
    const { table, path } = writer(temporaryDirectory(), 2 ** 33);
    table.add('a', Buffer.from('1'));
    table.delete('b');
    const file = table.finish();
    expect(file.largestSequence).toBe(2 ** 33);
    const reader = new TableReader(path);
    const found = [...reader.entries()].map(({ key, sequence, type }) => [key, sequence, type]);
    reader.close();
    expect(found).toEqual([
      ['a', 2 ** 33, 1],
      ['b', 2 ** 33, 0],
    ]);
  });

  test('take keys in ascending order only, a NUL behind a key included', () => {
    const { table } = writer(temporaryDirectory());
    table.add('b\xfe', Buffer.alloc(0));
    expect(() => table.add('a', Buffer.alloc(0))).toThrow('ascend');
    expect(() => table.add('b\xfe', Buffer.alloc(0))).toThrow('ascend');
    table.add('b\xfe\x00', Buffer.alloc(0));
    table.finish();
  });

  test('are refused when a byte of a block has changed', () => {
    const { table, path } = writer(temporaryDirectory());
    for (let i = 100; i < 200; i++) table.add(`key ${i}`, Buffer.from(`value ${i}`));
    table.finish();
    const bytes = readFileSync(path);
    for (const at of [0, 100, 1000, bytes.length - 100, bytes.length - 1]) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 1;
      writeFileSync(path, damaged);
      expect(() => read(path)).toThrow();
    }
  });
});
