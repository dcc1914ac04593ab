import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { IndexDatabase, IndexHeldError } from '../../src/aim/index-database.js';
import { isHeld } from '../../src/aim/run-index.js';
import { DatabaseReader } from '../../src/rocksdb/database.js';
import { scratch, start } from './harness.js';
import { PYTHON, python } from './python.js';

const SECONDS = 10;

interface Written {
  readonly writes: number;
  readonly problems: readonly string[];
  readonly count: number;
}

/** Adds a record, and merges as a conversion does; false when Aim holds the index. */
function publish(index: string, i: number): boolean {
  if (isHeld(index)) return false;
  try {
    const database = IndexDatabase.open(index, { staging: `${index}.staging`, isHeld: () => isHeld(index) });
    try {
      database.append((table) => table.add(`ours${i % 50}`, Buffer.from(String(i))));
      database.mergeIfMany(8, true);
    } finally {
      database.close();
    }
    return true;
  } catch (error) {
    // a file that Aim has just replaced; another kind of error would be one of the index
    if (error instanceof IndexHeldError || (error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

test("Aim's RocksDB writes the index in a loop while we publish in a loop, and misses no file of its own", async () => {
  const index = join(await scratch(), 'index');
  publish(index, 0);
  const { child, finished } = start(PYTHON, [
    join(import.meta.dirname, 'python/write_index.py'),
    index,
    String(SECONDS),
  ]);
  await new Promise((ready) => child.stdout?.once('data', ready));
  let published = 0;
  let over = false;
  void finished.finally(() => {
    over = true;
  });
  for (let i = 1; !over; i++) {
    if (publish(index, i)) published++;
    await nextTurn();
  }
  const { stdout, stderr } = await finished;
  const aim = JSON.parse(stdout.split('\n').at(-2) ?? stderr) as Written;
  expect(aim.problems).toEqual([]);
  expect(aim.writes).toBeGreaterThan(30);
  expect(published).toBeGreaterThan(20);

  publish(index, 49);
  const reader = new DatabaseReader(index);
  expect([...reader.records('ours49')].map(({ value }) => value.toString())).toEqual(['49']);
  reader.close();
  expect(JSON.parse(await python(['verify_rocks.py', index]))).toEqual([]);
});
