import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { IndexDatabase } from '../../src/aim/index-database.js';
import { Repository } from '../../src/aim/repository.js';
import { writeIndex } from '../../src/aim/run-index.js';
import { AimBlob, type AimValue } from '../../src/aim/value.js';
import { varint } from '../../src/rocksdb/bytes.js';
import { currentManifest } from '../../src/rocksdb/database.js';
import { encodeLog } from '../../src/rocksdb/log-format.js';
import { readRecords } from '../support/aim-records.js';
import { startScript } from '../support/command-line.js';
import { changedPaths, listing } from '../support/file-listing.js';
import { handMadeRun, unflushedLog, writeMeta } from '../support/hand-made-run.js';
import { readable, staleChecksums } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';

let directory: string;
let repository: Repository;
beforeEach(() => {
  directory = temporaryDirectory();
  repository = Repository.open(directory);
});

const run = (hash: string, attributes: Record<string, AimValue>) => handMadeRun(repository, hash, attributes);

/** What the index must be: the records of all runs together; those that runs share, of the last that was written. */
function union(...hashes: string[]): Record<string, string> {
  const all = new Map(hashes.flatMap((hash) => [...readRecords(repository.meta(hash))]));
  return Object.fromEntries([...all].map(([key, value]) => [readable(key), value.toString('hex')]).sort());
}

function index(): Record<string, string> {
  const found = [...readRecords(repository.index)].map(([key, value]) => [readable(key), value.toString('hex')]);
  return Object.fromEntries(found.filter(([key]) => !key!.startsWith('/index_cache/')).sort());
}

const changes = (before: Record<string, string>) => changedPaths(before, listing(repository.index));

describe('where there is no index', () => {
  test('one is made of all runs, those of Aim included, with the checksums that Aim will compute', () => {
    for (const [i, hash] of ['b', 'a', 'ab', 'ours'].entries()) run(hash, { lr: i, [`only ${hash}`]: 'x' });
    expect(writeIndex(repository, ['ours'], true)).toEqual({ written: true, damage: 'was missing' });
    // in order of key, in which ab comes before a
    expect(index()).toEqual(union('ab', 'a', 'b', 'ours'));
    expect(staleChecksums(directory)).toEqual([]);
  });

  test('of a repository without runs none is made', () => {
    expect(writeIndex(repository, [], true)).toEqual({ written: true });
    expect(IndexDatabase.exists(repository.index)).toBe(false);
  });

  test('none is made when a run of Aim’s is not flushed, and the reason names it', () => {
    run('ours', { lr: 1n });
    run('aims', { lr: 1n });
    unflushedLog(repository.meta('aims'));
    const before = listing(repository.path);
    const outcome = writeIndex(repository, ['ours'], true);
    expect(outcome).toMatchObject({ written: false, reason: expect.stringContaining('aims') });
    expect(changedPaths(before, listing(repository.path))).toEqual([]);
  });

  test('runs that hold objects among their attributes are indexed with them', () => {
    run('a', { doc: new AimBlob('one') });
    run('b', { doc: new AimBlob('two'), other: new AimBlob('three') });
    expect(writeIndex(repository, [], true)).toEqual({ written: true, damage: 'was missing' });
    expect(index()).toEqual(union('a', 'b'));
  });

  test('what is no run does not matter', () => {
    run('a', { lr: 1n });
    writeFileSync(join(repository.metaChunks, '.DS_Store'), '');
    expect(writeIndex(repository, ['a'], true)).toEqual({ written: true });
    expect(index()).toEqual(union('a'));
  });

  test('none is made when a run of Aim’s cannot be read, and the reason names it', () => {
    run('ours', { lr: 1n });
    run('aims', { lr: 1n });
    for (const table of tablesOf('aims')) writeFileSync(table, Buffer.alloc(statSync(table).size, 'spoilt '));
    const outcome = writeIndex(repository, ['ours'], true);
    expect(outcome).toMatchObject({ written: false, reason: expect.stringContaining('aims') });
    expect(IndexDatabase.exists(repository.index)).toBe(false);
  });

  test('a run of which files are missing does not keep the others out', () => {
    run('ours', { lr: 1n });
    run('aims', { lr: 1n });
    for (const table of tablesOf('aims')) rmSync(table);
    expect(writeIndex(repository, ['ours'], true)).toMatchObject({ written: true });
    expect(index()).toEqual(union('ours'));
  });

  function tablesOf(hash: string): string[] {
    const names = readdirSync(repository.meta(hash)).filter((file) => file.endsWith('.sst'));
    return names.map((name) => join(repository.meta(hash), name));
  }

  test('the remains of an attempt that was killed are no obstacle', () => {
    run('a', { lr: 1n });
    mkdirSync(repository.index);
    for (const name of ['000004.sst', 'MANIFEST-000005', 'CURRENT.tmp']) {
      writeFileSync(join(repository.index, name), 'half');
    }
    expect(writeIndex(repository, ['a'], true)).toEqual({ written: true });
    expect(index()).toEqual(union('a'));
  });
});

describe('where there is an index', () => {
  beforeEach(() => {
    for (const hash of ['a', 'b', 'c']) run(hash, { shared: hash, [hash]: [1n, 2n] });
    writeIndex(repository, ['a', 'b', 'c'], true);
  });

  test('new runs are added, and the records of others stay', () => {
    run('d', { shared: 'd' });
    expect(writeIndex(repository, ['d'], true)).toEqual({ written: true });
    expect(index()).toEqual(union('a', 'b', 'c', 'd'));
    expect(staleChecksums(directory)).toEqual([]);
  });

  test('only the runs that are named are looked at, and at the end those that were never indexed', () => {
    run('d', { shared: 'd' });
    run('e', { shared: 'e' });
    writeIndex(repository, ['e'], false);
    expect(index()).toEqual(union('a', 'b', 'c', 'e'));
    expect(staleChecksums(directory)).toEqual(['d']);
    writeIndex(repository, [], true);
    expect(index()).toEqual(union('a', 'b', 'c', 'e', 'd'));
    expect(staleChecksums(directory)).toEqual([]);
  });

  test('of a run that has changed, what is gone is gone, and other runs are untouched', () => {
    const before = index();
    writeMeta(repository.meta('b'), 'b', { b: [3n], new: 'x' }, 100);
    writeIndex(repository, ['b'], true);
    const now = index();
    const of = (records: Record<string, string>, prefix: string) =>
      Object.fromEntries(Object.entries(records).filter(([key]) => key.startsWith(prefix)));
    expect(of(now, '/meta/chunks/b/')).toEqual(of(union('b'), '/meta/chunks/b/'));
    expect(now).not.toHaveProperty(['/meta/chunks/b/attrs/b/1']);
    for (const hash of ['a', 'c'])
      expect(of(now, `/meta/chunks/${hash}/`)).toEqual(of(before, `/meta/chunks/${hash}/`));
    // what completes queries may name what was once there
    expect(now).toMatchObject(of(union('a', 'c', 'b'), '/meta/attrs'));
    expect(staleChecksums(directory)).toEqual([]);
  });

  test('objects that a run no longer has are gone too', () => {
    run('d', { doc: new AimBlob('one'), keep: new AimBlob('two') });
    writeIndex(repository, ['d'], true);
    writeMeta(repository.meta('d'), 'd', { keep: new AimBlob('three') }, 100);
    writeIndex(repository, ['d'], true);
    const blobs = Object.entries(index()).filter(([key]) => key.startsWith('/BLOBS/meta/chunks/'));
    expect(blobs).toEqual([['/BLOBS/meta/chunks/d/attrs/keep', `04${Buffer.from('three').toString('hex')}`]]);
  });

  test('after many additions it is one file again, with every record', () => {
    const hashes = Array.from({ length: 12 }, (_, i) => `run${i}`);
    for (const hash of hashes) {
      run(hash, { lr: 1n });
      writeIndex(repository, [hash], false);
    }
    const tables = () => readdirSync(repository.index).filter((name) => name.endsWith('.sst'));
    expect(tables().length).toBeGreaterThan(8);
    const before = index();
    expect(writeIndex(repository, [], true)).toEqual({ written: true });
    expect(tables()).toHaveLength(1);
    expect(index()).toEqual(before);
    expect(staleChecksums(directory)).toEqual([]);
  });

  test('a run of Aim’s that cannot be read keeps no other out', () => {
    for (const hash of ['damaged', 'whole', 'ours']) run(hash, { lr: 1n });
    const manifest = currentManifest(repository.meta('damaged')) ?? '';
    writeFileSync(join(repository.meta('damaged'), manifest), 'no MANIFEST');
    expect(writeIndex(repository, ['ours'], true)).toEqual({ written: true });
    expect(index()).toEqual(expect.objectContaining(union('whole', 'ours')));
  });

  test('what cannot be merged is added to all the same, and nothing of the attempt stays', () => {
    for (let i = 0; i < 12; i++) {
      run(`r${i}`, { lr: i, long: 'x'.repeat(50_000) });
      expect(writeIndex(repository, [`r${i}`], false)).toEqual({ written: true });
    }
    const newest = readdirSync(repository.index)
      .filter((name) => name.endsWith('.sst'))
      .sort()
      .at(-1);
    const bytes = readFileSync(join(repository.index, newest!));
    bytes[Math.floor(0.75 * bytes.length)]! ^= 1; // in the long text of the run itself
    writeFileSync(join(repository.index, newest!), bytes);
    run('new', { lr: 12 });
    const tables = () => readdirSync(repository.index).filter((name) => name.endsWith('.sst')).length;
    const before = tables();
    const outcome = writeIndex(repository, ['new'], true);
    expect(outcome).toMatchObject({ written: true, notCompacted: expect.stringContaining('checksum') });
    expect(tables()).toBe(before + 1);
  });

  test('nothing to add changes nothing', () => {
    const before = listing(repository.index);
    expect(writeIndex(repository, [], true)).toEqual({ written: true });
    expect(writeIndex(repository, [], false)).toEqual({ written: true });
    expect(changes(before)).toEqual([]);
  });

  test('it is left alone while Aim has written what no table holds', () => {
    run('d', { lr: 1n });
    unflushedLog(repository.index);
    const before = listing(repository.index);
    expect(writeIndex(repository, ['d'], true)).toMatchObject({ written: false, isTransient: true });
    expect(changes(before)).toEqual([]);
  });

  test.each<[string, string, (path: string) => void]>([
    ['CURRENT names a MANIFEST that is gone', 'CURRENT', (path) => writeFileSync(path, 'MANIFEST-999999\n')],
    ['CURRENT is empty', 'CURRENT', (path) => writeFileSync(path, '')],
    ['CURRENT is gone', 'CURRENT', (path) => rmSync(path)],
    ['its MANIFEST is cut', 'MANIFEST-', (path) => truncateSync(path, 40)],
    ['its MANIFEST is empty', 'MANIFEST-', (path) => truncateSync(path, 0)],
    ['a table is gone', '.sst', (path) => rmSync(path)],
    ['a table is cut', '.sst', (path) => truncateSync(path, 100)],
  ])('it is made anew of all runs when %s', (_, name, damage) => {
    const file = readdirSync(repository.index).find((each) => each.includes(name));
    damage(join(repository.index, file ?? ''));
    const before = repository.hashes();
    expect(writeIndex(repository, [], true)).toEqual({ written: true, damage: expect.stringContaining('was damaged') });
    expect(index()).toEqual(union(...before));
    expect(writeIndex(repository, [], true)).toEqual({ written: true });
  });

  test('it is left alone when its MANIFEST has what nobody here knows', () => {
    run('d', { lr: 1n });
    const manifest = join(repository.index, currentManifest(repository.index)!);
    writeFileSync(manifest, Buffer.concat([readFileSync(manifest), encodeLog([varint(4000)])]));
    const before = listing(repository.index);
    expect(writeIndex(repository, ['d'], true)).toMatchObject({ written: false, isTransient: false });
    expect(changes(before)).toEqual([]);
  });

  const onLinux = process.platform === 'linux' ? test : test.skip;

  /** A process that holds an fcntl lock on the index's LOCK, as RocksDB does: SQLite takes such a lock on its file. */
  async function lockHolder() {
    const process = startScript(`
      import { DatabaseSync } from ${JSON.stringify(import.meta.resolve('@photostructure/sqlite'))};
      globalThis.database = new DatabaseSync(${JSON.stringify(join(repository.index, 'LOCK'))});
      database.exec('CREATE TABLE t (x); BEGIN EXCLUSIVE');
      setInterval(() => {}, 1000);
      console.log('held');`);
    await process.line((line) => line === 'held');
    return process;
  }

  onLinux('it is left alone while a process holds its lock, and written when that has ended', async () => {
    run('d', { lr: 1n });
    const { child, ended } = await lockHolder();
    const before = listing(repository.index);
    expect(writeIndex(repository, ['d'], true)).toEqual({
      written: false,
      reason: expect.stringContaining('Aim is writing the index'),
      isTransient: true,
    });
    expect(changes(before)).toEqual([]);
    child.kill('SIGKILL');
    await ended;
    expect(writeIndex(repository, ['d'], true)).toEqual({ written: true });
    expect(index()).toEqual(union('a', 'b', 'c', 'd'));
  });

  onLinux('its lock does not matter to those who have nothing to add', async () => {
    await lockHolder();
    expect(writeIndex(repository, [], true)).toEqual({ written: true });
  });
});
