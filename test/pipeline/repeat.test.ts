import { execFileSync } from 'node:child_process';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { Repository } from '../../src/aim/repository.js';
import { convert, outcomes, type Report } from '../support/command-line.js';
import { fillWithExamples, id } from '../support/example-store.js';
import { changedPaths, listing } from '../support/file-listing.js';
import { FileStoreBuilder } from '../support/file-store-builder.js';
import { essence, type RepositoryState, repositoryState, staleChecksums } from '../support/repository-state.js';
import { settled } from '../support/settled.js';
import { temporaryDirectory } from '../support/temporary.js';

const [A, B, C] = [id('a'), id('b'), id('c')];

/** The store, and beside it the repository; converted once, and brought back to that state for each test. */
let store: FileStoreBuilder;
let repo: string;
let repository: Repository;
let state: RepositoryState;
let snapshot: string;

/** Copies a directory with its times to the nanosecond, which tell whether a file has changed. */
const copy = (from: string, to: string) => execFileSync('cp', ['-a', from, to]);

beforeAll(async () => {
  store = fillWithExamples(new FileStoreBuilder());
  repo = join(store.parent, 'repo');
  await convert(store.root, repo);
  repository = Repository.open(repo);
  state = repositoryState(repo);
  snapshot = `${store.parent}.snapshot`;
  copy(store.parent, snapshot);
});
beforeEach(() => {
  store.remove();
  copy(snapshot, store.parent);
});
afterAll(() => {
  store.remove();
  rmSync(snapshot, { recursive: true });
});

const again = (...flags: string[]) => convert(store.root, repo, flags);
const outcomeOf = (report: Report, runId: string) => report.runs.find((run) => run.runId === runId)?.outcome;

/** What a person or Aim does to the metadata. */
function metadata(sql: string): void {
  const database = new DatabaseSync(repository.metadataFile);
  database.exec('PRAGMA foreign_keys = OFF');
  database.exec(sql);
  database.close();
}

/** What Aim does when somebody deletes a run. */
function removeInAim(hash: string): void {
  for (const directory of [repository.meta(hash), repository.seqs(hash)]) rmSync(directory, { recursive: true });
  metadata(`DELETE FROM run WHERE hash = '${hash}'`);
}

async function expectAsAnew(): Promise<void> {
  const fresh = temporaryDirectory();
  await convert(store.root, fresh);
  expect(essence(repo)).toEqual(essence(fresh));
}

describe('converting again', () => {
  test('when nothing has changed changes no file but the lock and the ledger', async () => {
    await settled(store.root);
    await again(); // the store of each test is a copy, in which nothing is known to be as it was
    const before = listing(repository.path);
    expect(outcomes(await again())).toEqual({ unchanged: 3 });
    // the lock is written by each owner, and the ledger notes when the source was looked at; the directory has had their
    // journals and the staging directory in it
    expect(changedPaths(before, listing(repository.path))).toEqual(['', '/mlflow2aim.lock', '/mlflow2aim.sqlite']);
  });

  test('writes the run that has changed, and no other', async () => {
    appendFileSync(join(store.root, '1', B, 'metrics', 'loss'), '1700000002000 5.0 3\n');
    const before = listing(repository.path);
    expect(outcomes(await again())).toEqual({ updated: 1, unchanged: 2 });
    const changed = changedPaths(before, listing(repository.path));
    const chunks = changed.filter((path) => path.includes('/chunks/'));
    expect(chunks.filter((path) => !path.includes(`/chunks/${B}`))).toEqual([]);
    await expectAsAnew();
  });

  test('leaves nothing for aim up to index after a run has changed', async () => {
    writeFileSync(join(store.root, '1', B, 'params', 'new'), '1');
    await again();
    expect(staleChecksums(repo)).toEqual([]);
  });

  test('takes a new note for a change', async () => {
    writeFileSync(join(store.root, '1', A, 'tags', 'mlflow.note.content'), 'Because.');
    const report = await again();
    expect(repositoryState(repo).notes).toEqual([{ hash: A, content: 'Because.' }]);
    expect(outcomeOf(report, A)).toBe('updated');
  });

  test('with another policy writes all runs again, and with the first one as they were', async () => {
    const report = await again('--raw-params');
    expect(outcomeOf(report, A)).toBe('updated');
    expect(repositoryState(repo).runs).not.toEqual(state.runs);
    await again();
    expect(repositoryState(repo).runs).toEqual(state.runs);
    expect(outcomes(await again())).toEqual({ unchanged: 3 });
  });

  test('keeps what a person has changed in Aim', async () => {
    metadata(`UPDATE run SET name = 'mine', is_archived = 1 WHERE hash = '${B}'`);
    const before = repositoryState(repo);
    await again();
    appendFileSync(join(store.root, '1', B, 'metrics', 'loss'), '1700000002000 5.0 3\n');
    await again();
    expect(repositoryState(repo).rows).toEqual(before.rows);
  });
});

describe('without the ledger', () => {
  test.each<[string, (file: string) => void, readonly unknown[]]>([
    ['deleted', (file) => rmSync(file), []],
    [
      'spoilt',
      (file) => writeFileSync(file, 'no ledger '.repeat(1000)),
      [expect.stringContaining('mlflow2aim.sqlite')],
    ],
  ])('(%s) all runs are found unchanged, and nothing is doubled', async (_, spoil, warnings) => {
    spoil(repository.ledgerFile);
    const report = await again();
    expect(outcomes(report)).toEqual({ unchanged: 3 });
    expect(report.warnings).toEqual(warnings);
    expect(repositoryState(repo)).toEqual(state);
    expect(staleChecksums(repo)).toEqual([]);
    expect(outcomes(await again())).toEqual({ unchanged: 3 });
  });

  test('spoilt, a warning says that it is being rebuilt', async () => {
    writeFileSync(repository.ledgerFile, 'not a ledger '.repeat(1000));
    expect((await again()).warnings).toEqual([expect.stringContaining(repository.ledgerFile)]);
  });
});

test('without the ledger, a run that is found unchanged has no counts of what was written', async () => {
  rmSync(repository.ledgerFile);
  const { summary } = await again();
  expect(summary).toMatchObject({ metrics: 0, points: 0, params: 0, artifactBytes: 0, bytesWritten: 0 });
});

describe('a run that was removed in Aim', () => {
  test('stays away, and that is told', async () => {
    removeInAim(B);
    const report = await again();
    expect(outcomes(report)).toEqual({ unchanged: 2, skipped: 1 });
    expect(report.runs.find(({ runId }) => runId === B)?.reason).toMatch(/Removed in Aim.*--restore-removed/);
    expect(repository.hashes().sort()).toEqual([A, C]);
  });

  test('stays away also when its data is still there, because it is just being removed', async () => {
    metadata(`DELETE FROM run WHERE hash = '${B}'`);
    appendFileSync(join(store.root, '1', B, 'metrics', 'loss'), '1700000002000 5.0 3\n');
    expect(outcomes(await again())).toEqual({ unchanged: 2, skipped: 1 });
    expect(repositoryState(repo).rows.map(({ hash }) => hash)).toEqual([A, C]);
  });

  test('comes back when that is wanted', async () => {
    removeInAim(B);
    await again();
    expect(outcomes(await again('--restore-removed'))).toEqual({ unchanged: 2, new: 1 });
    const { runs, rows } = repositoryState(repo);
    expect({ runs, rows }).toEqual({ runs: state.runs, rows: state.rows });
  });
});

describe('a run that Aim has written', () => {
  beforeEach(() => {
    writeFileSync(join(repository.meta(B), 'OPTIONS-000009'), '');
    appendFileSync(join(store.root, '1', B, 'metrics', 'loss'), '1700000002000 5.0 3\n');
  });

  test('is left alone, and that is told', async () => {
    const report = await again();
    expect(outcomes(report)).toEqual({ unchanged: 2, skipped: 1 });
    expect(report.runs.find(({ runId }) => runId === B)?.reason).toMatch(/Aim has changed the run.*--overwrite/);
    expect(repositoryState(repo).runs).toEqual(state.runs);
  });

  test('is replaced when that is wanted', async () => {
    expect(outcomes(await again('--overwrite'))).toEqual({ unchanged: 2, updated: 1 });
    await expectAsAnew();
  });
});

test('an experiment that was renamed in MLflow takes its runs along', async () => {
  store.experiment({ id: '2', name: 'imagenet' });
  expect(outcomes(await again())).toMatchObject({ updated: 1 });
  expect(repositoryState(repo).rows.map(({ experiment }) => experiment)).toEqual(['mnist', 'mnist', 'imagenet']);
});
