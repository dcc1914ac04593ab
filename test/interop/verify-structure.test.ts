import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect, test } from '@jest/globals';
import { describeFinding } from '../../src/verify/aim/finding-text.js';
import { Database } from '../../src/verify/rocksdb/database.js';
import { structureOf } from '../support/structure.js';
import { until } from '../support/until.js';
import { convert, makeStore, scratch } from './harness.js';
import { forkPython, python, pythonLines } from './python.js';
import { databases } from './rocks.js';

/** All records as the second reader has them, key and value in hexadecimal digits. */
function recordsOf(directory: string): Record<string, string> {
  const database = Database.open(directory);
  try {
    const cursor = database.cursor();
    const found: Record<string, string> = {};
    for (cursor.seek(new Uint8Array(0)); cursor.valid; cursor.next()) {
      const key = Buffer.from(cursor.key.slice(0, cursor.keyLength)).toString('hex');
      found[key] = Buffer.from(cursor.copyValue()).toString('hex');
    }
    return found;
  } finally {
    database.close();
  }
}

function digest(records: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  for (const key of Object.keys(records).sort()) hash.update(`${key}=${records[key]}\n`);
  return hash.digest('hex');
}

/** Each database of a repository is read as Aim's RocksDB reads a copy: it may write what logs hold into tables. */
async function expectSameRecords(repo: string): Promise<void> {
  const copy = await scratch();
  await cp(repo, copy, { recursive: true });
  const directories = await databases(repo);
  const copies = directories.map((directory) => join(copy, relative(repo, directory)));
  const expected = await pythonLines<string>(['digest_rocks.py', ...copies]);
  expect(directories.map((directory) => digest(recordsOf(directory)))).toEqual(expected);
}

/** What is wrong with a repository, as lines. */
function faults(repo: string, severity: 'error' | 'note' = 'error'): string[] {
  return structureOf(repo)
    .filter((finding) => finding.severity === severity)
    .map(describeFinding);
}

async function logsOf(repo: string): Promise<number> {
  const files = await readdir(join(repo, '.aim'), { recursive: true });
  const logs = files.filter((file) => file.endsWith('.log')).map((file) => readFile(join(repo, '.aim', file)));
  return (await Promise.all(logs)).filter(({ length }) => length > 0).length;
}

test('whatever the RocksDB of Aim writes is read as it has to be, tables and logs', async () => {
  const root = await scratch();
  const seeds = Array.from({ length: 25 }, (_, i) => String(i));
  const expected = await pythonLines<Record<string, string>>(['random_rocks.py', root, ...seeds]);
  expect(expected).toHaveLength(seeds.length);
  for (const [i, seed] of seeds.entries()) {
    expect({ seed, records: recordsOf(join(root, seed)) }).toEqual({ seed, records: expected[i] });
  }
});

test('a database that Aim is writing is read as of one moment, whichever files come and go', async () => {
  const directory = join(await scratch(), 'db');
  const { pid, ended } = await forkPython([join(import.meta.dirname, 'python', 'busy_rocks.py'), directory]);
  try {
    await until(
      'there are enough keys',
      () => existsSync(join(directory, 'CURRENT')) && Object.keys(recordsOf(directory)).length >= 100,
    );
    let newest = 0;
    let states = 0;
    for (let i = 0; i < 300; i++) {
      const numbers = Object.keys(recordsOf(directory)).map((key) => Number(Buffer.from(key, 'hex').toString()));
      const [first = 0] = numbers;
      // a key comes before another one goes
      expect([100, 101]).toContain(numbers.length);
      expect(numbers).toEqual(numbers.map((_, at) => first + at));
      expect(numbers.at(-1)).toBeGreaterThanOrEqual(newest);
      if (numbers.at(-1)! > newest) states++;
      newest = numbers.at(-1)!;
    }
    expect(states).toBeGreaterThan(20);
  } finally {
    process.kill(pid, 'SIGKILL');
    await ended.catch(() => undefined);
  }
});

test("nothing is wrong with what Aim's SDK leaves: killed, indexed, compacted, copied", async () => {
  const repo = await scratch();
  await python(['track_everything.py', repo]);
  expect(await logsOf(repo)).toBeGreaterThan(0);
  await expectSameRecords(repo);
  expect(faults(repo)).toEqual([]);
  // nobody has made an index yet
  expect(faults(repo, 'note').every((line) => line.includes('reindex'))).toBe(true);

  const other = await scratch();
  await python(['-c', COPY_RUNS, repo, other]);
  await expectSameRecords(other);
  expect(faults(other)).toEqual([]);

  await python(['-c', REINDEX, repo]);
  expect([...faults(repo), ...faults(repo, 'note')]).toEqual([]);
  await expectSameRecords(repo);
  await python(['compact_rocks.py', ...(await databases(repo)).filter((path) => !path.endsWith('index'))]);
  await expectSameRecords(repo);
  const added = faults(repo);
  expect(added.length).toBeGreaterThan(0);
  expect(added.filter((line) => !line.includes('0xff'))).toEqual([]);
});

const REINDEX = `
import sys
import quiet
from aim.sdk.repo import Repo
Repo.from_path(sys.argv[1])._recreate_index()
`;

const COPY_RUNS = `
import sys
import quiet
from aim.sdk.repo import Repo
source, target = Repo.from_path(sys.argv[1]), Repo.from_path(sys.argv[2], init=True)
source.copy_runs(sorted(source.list_all_runs()), target)
`;

test('nothing is wrong with what mlflow2aim writes, also where Aim compacted it or made the index anew', async () => {
  const store = await makeStore('small');
  const repo = await scratch();
  await convert(store, repo);
  await expectSameRecords(repo);
  expect([...faults(repo), ...faults(repo, 'note')]).toEqual([]);

  await python(['-c', REINDEX, repo]);
  expect([...faults(repo), ...faults(repo, 'note')]).toEqual([]);
  await rm(join(repo, '.aim/meta/index'), { recursive: true });
  expect(faults(repo)).toEqual([]);
  expect(faults(repo, 'note')).toEqual([expect.stringContaining('Aim has no index')]);
});

test('files that were cut or changed are named, of whoever wrote them', async () => {
  const repo = await scratch();
  await python(['track_everything.py', repo]);
  const [hash = ''] = (await readdir(join(repo, '.aim/seqs/chunks'))).sort();
  const directory = join(repo, '.aim/seqs/chunks', hash);
  const tables = (await readdir(directory)).filter((name) => name.endsWith('.sst'));
  expect(tables.length).toBeGreaterThan(0);
  for (const name of tables) {
    const sound = await readFile(join(directory, name));
    for (const at of [10, Math.floor(sound.length / 3), Math.floor(sound.length / 2), sound.length - 60]) {
      const broken = Buffer.from(sound);
      broken[at]! ^= 4;
      await writeFile(join(directory, name), broken);
      expect(faults(repo)).toContainEqual(expect.stringContaining(`${hash}/${name} is damaged`));
    }
    await truncate(join(directory, name), 500);
    expect(faults(repo)).toContainEqual(expect.stringContaining(`${hash}/${name} is damaged: it has 500 bytes`));
    await writeFile(join(directory, name), sound);
  }
  expect(faults(repo)).toEqual([]);
});
