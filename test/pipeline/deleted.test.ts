import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { Repository } from '../../src/aim/repository.js';
import { Ledger } from '../../src/state/ledger.js';
import { convert, outcomes } from '../support/command-line.js';
import { id, series } from '../support/example-store.js';
import { FileStoreBuilder } from '../support/file-store-builder.js';
import { essence, repositoryState, staleChecksums } from '../support/repository-state.js';

const [A, B, C] = [id('a'), id('b'), id('c')];
const RUN = { runId: A, tags: { team: 'red', 'mlflow.note.content': 'Why.' }, metrics: { loss: series(3) } };

/** Runs A and B of one experiment, C of another; converted once, and as they were then for each test. */
let store: FileStoreBuilder;
let repo: string;
let snapshot: string;

beforeAll(async () => {
  store = new FileStoreBuilder();
  store.experiment({ id: '1', name: 'mnist' });
  store.experiment({ id: '2', name: 'cifar' });
  store.run('1', RUN);
  store.run('1', { runId: B });
  store.run('2', { runId: C });
  repo = join(store.parent, 'repo');
  await convert(store.root, repo);
  snapshot = `${store.parent}.snapshot`;
  cpSync(store.parent, snapshot, { recursive: true, preserveTimestamps: true });
});
beforeEach(() => {
  rmSync(store.parent, { recursive: true });
  cpSync(snapshot, store.parent, { recursive: true, preserveTimestamps: true });
});
afterAll(() => {
  store.remove();
  rmSync(snapshot, { recursive: true });
});

const again = (...flags: string[]) => convert(store.root, repo, flags);
const deleteInMlflow = () => void store.run('1', { ...RUN, lifecycleStage: 'deleted' });
const directoryOf = (run: string) => join(store.root, run === C ? '2' : '1', run);
const archived = () =>
  repositoryState(repo)
    .rows.filter((row) => row.is_archived === 1)
    .map((row) => row.hash);

/** What a person does in Aim. */
function inAim(sql: string): void {
  const database = new DatabaseSync(join(repo, '.aim', 'run_metadata.sqlite'));
  database.exec('PRAGMA foreign_keys = OFF');
  database.exec(sql);
  database.close();
}

const WAYS: ReadonlyArray<readonly [string, () => void, () => void]> = [
  ['deleted in MLflow', deleteInMlflow, () => void store.run('1', RUN)],
  [
    'gone from the store',
    () => renameSync(directoryOf(A), join(store.parent, 'gone')),
    () => renameSync(join(store.parent, 'gone'), directoryOf(A)),
  ],
];

test('a run whose experiment has lost its meta.yaml is not gone', async () => {
  rmSync(join(store.root, '2', 'meta.yaml'));
  const { summary } = await again('--deleted', 'remove');
  expect(summary).toMatchObject({ runsDeleted: { archived: 0, removed: 0, kept: 0 }, warnings: 1 });
  expect(
    repositoryState(repo)
      .rows.map((row) => row.hash)
      .sort(),
  ).toEqual([A, B, C]);
});

describe.each(WAYS)('a converted run that is %s', (_, remove, restore) => {
  test('is archived, once', async () => {
    remove();
    expect((await again()).summary.runsDeleted).toEqual({ archived: 1, removed: 0, kept: 0 });
    expect(archived()).toEqual([A]);
    const state = repositoryState(repo);
    expect((await again()).summary.runsDeleted).toEqual({ archived: 0, removed: 0, kept: 0 });
    expect(repositoryState(repo)).toEqual(state);
  });

  test('comes back when MLflow restores it', async () => {
    const before = essence(repo);
    remove();
    await again();
    restore();
    expect(outcomes(await again())).toMatchObject({ updated: 1, unchanged: 2 });
    expect(essence(repo)).toEqual(before);
  });

  test('is removed with all that belongs to it, when that is wanted, and can come back', async () => {
    const before = essence(repo);
    remove();
    expect((await again('--deleted', 'remove')).summary.runsDeleted).toEqual({ archived: 0, removed: 1, kept: 0 });
    const { runs, rows, notes, index, leftovers } = repositoryState(repo);
    expect([Object.keys(runs), rows.map(({ hash }) => hash), notes, leftovers]).toEqual([[B, C], [B, C], [], []]);
    expect(Object.keys(index).filter((key) => key.includes(A))).toEqual([]);
    expect(staleChecksums(repo)).toEqual([]);
    restore();
    expect(outcomes(await again())).toMatchObject({ new: 1, unchanged: 2 });
    expect(essence(repo)).toEqual(before);
  });

  test('is kept as it is, when that is wanted', async () => {
    const before = repositoryState(repo);
    remove();
    expect((await again('--deleted', 'keep')).summary.runsDeleted).toEqual({ archived: 0, removed: 0, kept: 1 });
    expect(repositoryState(repo)).toEqual(before);
    await again();
    expect(archived()).toEqual([A]);
  });

  test('stays archived when a person had archived it before', async () => {
    inAim(`UPDATE run SET is_archived = 1 WHERE hash = '${A}'`);
    remove();
    await again();
    restore();
    await again();
    expect(archived()).toEqual([A]);
  });

  test('is none of our business when a person has removed it in Aim', async () => {
    const repository = Repository.at(join(repo, '.aim'));
    for (const directory of [repository.meta(A), repository.seqs(A)]) rmSync(directory, { recursive: true });
    inAim(`DELETE FROM run WHERE hash = '${A}'`);
    remove();
    expect((await again()).summary.runsDeleted.archived).toBe(0);
    restore();
    expect(outcomes(await again())).toMatchObject({ skipped: 1, unchanged: 2 });
  });
});

test('a run that Aim has written since is archived and not removed', async () => {
  writeFileSync(join(repo, '.aim/meta/chunks', A, 'OPTIONS-000009'), '');
  deleteInMlflow();
  expect((await again('--deleted', 'remove')).summary.runsDeleted).toEqual({ archived: 1, removed: 0, kept: 0 });
  expect(existsSync(join(repo, '.aim/meta/chunks', A))).toBe(true);
});

test('with --include-deleted a deleted run is a run as any other, and archived', async () => {
  deleteInMlflow();
  const report = await again('--include-deleted', '--deleted', 'remove');
  expect([outcomes(report), report.summary.runsDeleted.removed]).toEqual([{ updated: 1, unchanged: 2 }, 0]);
  expect(archived()).toEqual([A]);
});

describe('an experiment', () => {
  test('that is deleted takes its runs along', async () => {
    mkdirSync(join(store.root, '.trash'));
    renameSync(join(store.root, '1'), join(store.root, '.trash/1'));
    expect((await again()).summary.runsDeleted.archived).toBe(2);
    expect(archived()).toEqual([A, B]);
    renameSync(join(store.root, '.trash/1'), join(store.root, '1'));
    await again();
    expect(archived()).toEqual([]);
  });

  test('that is gone altogether takes its runs along', async () => {
    rmSync(join(store.root, '2'), { recursive: true });
    await again();
    expect(archived()).toEqual([C]);
  });

  test('that was not asked for keeps its runs', async () => {
    rmSync(directoryOf(C), { recursive: true });
    await again('--experiment', 'mnist');
    expect(archived()).toEqual([]);
  });

  test('that cannot be read just now keeps its runs', async () => {
    writeFileSync(join(store.root, '2/meta.yaml'), '');
    await again();
    expect(archived()).toEqual([]);
  });
});

/** Stores are moved to larger disks with links in their places, and disks may not be mounted. */
const NOT_MOUNTED: ReadonlyArray<readonly [string, (place: string) => void, number]> = [
  ['a link to what is not there', (place) => symlinkSync('/nowhere/disk', place), 3],
  ['a link to itself', (place) => symlinkSync(place, place), 3],
  ['an empty directory', (place) => void mkdirSync(place), 0],
];

test.each(NOT_MOUNTED)('an experiment in whose place is %s keeps its runs', async (_, put, code) => {
  const place = join(store.root, '2');
  renameSync(place, join(store.parent, 'disk'));
  put(place);
  const { summary } = await convert(store.root, repo, ['--deleted', 'remove'], code);
  expect(summary.runsDeleted).toEqual({ archived: 0, removed: 0, kept: 0 });
  rmSync(place, { recursive: true });
  renameSync(join(store.parent, 'disk'), place);
  expect(outcomes(await again())).toEqual({ unchanged: 3 });
});

test.each(NOT_MOUNTED.slice(0, 2))('a run in whose place is %s is not gone', async (_, put) => {
  renameSync(directoryOf(B), join(store.parent, 'disk'));
  put(directoryOf(B));
  const { summary } = await convert(store.root, repo, ['--deleted', 'remove'], 3);
  expect(summary).toMatchObject({ runsDeleted: { archived: 0, removed: 0, kept: 0 }, runs: { failed: 1 } });
});

test('runs of another source are left alone', async () => {
  const other = new FileStoreBuilder();
  other.experiment({ id: '1', name: 'mnist' });
  other.run('1', { runId: id('d') });
  await convert(other.root, repo);
  other.remove();
  expect(archived()).toEqual([]);
  expect(repositoryState(repo).rows).toHaveLength(4);
});

test('a removal that was cut off is finished by the next conversion', async () => {
  const ledger = Ledger.open(join(repo, '.aim/mlflow2aim.sqlite'));
  ledger.write([{ ...ledger.get(A)!, revision: '', deleted: 'removing' }]);
  ledger.close();
  inAim(`DELETE FROM run WHERE hash = '${A}'`);
  rmSync(join(repo, '.aim/meta/chunks', A), { recursive: true });
  rmSync(directoryOf(A), { recursive: true });
  await again('--deleted', 'remove');
  const { runs, index } = repositoryState(repo);
  expect(Object.keys(runs)).toEqual([B, C]);
  expect(Object.keys(index).filter((key) => key.includes(A))).toEqual([]);
  expect(readdirSync(join(repo, '.aim/seqs/chunks')).sort()).toEqual([B, C]);
});
