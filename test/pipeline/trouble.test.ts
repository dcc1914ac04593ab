import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { Repository } from '../../src/aim/repository.js';
import { RepositoryLock } from '../../src/aim/repository-lock.js';
import { convert, outcomes, startCli } from '../support/command-line.js';
import { exampleStore, id, longMetric, newStore, series } from '../support/example-store.js';
import { essence, repositoryState } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';

const [A, B, C] = [id('a'), id('b'), id('c')];

let repo: string;
beforeEach(() => {
  repo = temporaryDirectory();
});

const hashes = () => Repository.open(repo).hashes().sort();

describe('a broken run', () => {
  test.each<[string, (directory: string) => void]>([
    ['without meta.yaml', (directory) => rmSync(join(directory, 'meta.yaml'))],
    [
      'with the id of another run',
      (directory) => {
        const file = join(directory, 'meta.yaml');
        writeFileSync(file, readFileSync(file, 'utf8').replaceAll(B, id('f')));
      },
    ],
  ])('%s is skipped, and the others arrive', async (_, damage) => {
    const store = exampleStore();
    damage(join(store.root, '1', B));
    const report = await convert(store.root, repo);
    expect(outcomes(report)).toEqual({ new: 2, skipped: 1 });
    expect(report.runs.find(({ runId }) => runId === B)).toMatchObject({
      outcome: 'skipped',
      reason: expect.stringContaining(join(store.root, '1', B)),
    });
    expect(hashes()).toEqual([A, C]);
  });

  test('that was converted before stays in Aim as it was', async () => {
    const store = exampleStore();
    await convert(store.root, repo);
    const before = repositoryState(repo);
    rmSync(join(store.root, '1', B, 'meta.yaml'));
    expect(outcomes(await convert(store.root, repo))).toEqual({ unchanged: 2, skipped: 1 });
    expect(repositoryState(repo)).toEqual(before);
  });
});

describe('a run that fails', () => {
  function withLongMetric() {
    const store = exampleStore();
    store.run('1', { runId: id('f'), name: 'long', metrics: { loss: longMetric(263_000) } });
    return store;
  }

  test('ends in exit code 3, and the others are published', async () => {
    const report = await convert(withLongMetric().root, repo, ['--repeated-steps', 'split'], 3);
    expect(outcomes(report)).toEqual({ new: 3, failed: 1 });
    expect(report.summary.failedRuns).toEqual([
      {
        runId: id('f'),
        experiment: 'mnist',
        code: 'too-large',
        reason: expect.stringMatching(/^Metric loss has more than .* Convert this run with another policy\.$/),
      },
    ]);
    expect(hashes()).toEqual([A, B, C]);
    expect(repositoryState(repo).leftovers).toEqual([]);
  });
});

describe('a run id that occurs twice', () => {
  test('is converted once, and the second is told to have failed', async () => {
    const store = newStore();
    for (const experiment of ['1', '2'])
      store.run(experiment, { runId: A, metrics: { loss: series(Number(experiment)) } });
    const report = await convert(store.root, repo, [], 3);
    expect(report.runs.map(({ outcome, experiment }) => [outcome, experiment]).sort()).toEqual([
      ['failed', 'experiment 2'],
      ['new', 'experiment 1'],
    ]);
    expect(hashes()).toEqual([A]);
  });

  test('does not matter when one of them is a copy that MLflow itself ignores', async () => {
    const store = newStore();
    store.experiment({ id: '1' });
    const directory = store.run('2', { runId: A, metrics: { loss: series(2) } });
    cpSync(directory, join(store.root, '1', A), { recursive: true });
    const report = await convert(store.root, repo);
    expect(outcomes(report)).toEqual({ new: 1, skipped: 1 });
    expect(hashes()).toEqual([A]);
  });

  test('is converted once also when the first of three was no run at all', async () => {
    const store = newStore();
    store.experiment({ id: '1' });
    const [directory] = ['2', '3'].map((experiment) =>
      store.run(experiment, { runId: A, metrics: { loss: series(5) } }),
    );
    cpSync(directory!, join(store.root, '1', A), { recursive: true });
    const report = await convert(store.root, repo, ['--concurrency', '8'], 3);
    expect(outcomes(report)).toEqual({ new: 1, skipped: 1, failed: 1 });
    expect(hashes()).toEqual([A]);
  });

  test('does not matter when one of them is deleted', async () => {
    const store = newStore();
    store.experiment({ id: '1', lifecycleStage: 'deleted' });
    store.run('1', { runId: A });
    store.run('2', { runId: A });
    const report = await convert(store.root, repo);
    expect(outcomes(report)).toEqual({ new: 1, skipped: 1 });
    expect(hashes()).toEqual([A]);
  });
});

describe('a repository that cannot be written', () => {
  test('because it is of another version is refused', async () => {
    const { path } = Repository.open(repo);
    writeFileSync(join(path, 'VERSION'), '9.9\n');
    const { code, stderr } = await startCli(['convert', '--tracking-uri', exampleStore().root, '--repo', repo]).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .*data version 9\.9.*\n$/);
  });

  test('because another conversion is writing it is refused, and nothing happens to it', async () => {
    const lock = RepositoryLock.take(Repository.open(repo).lockFile);
    const before = repositoryState(repo);
    const { code, stderr } = await startCli(['convert', '--tracking-uri', exampleStore().root, '--repo', repo]).ended;
    lock.release();
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^error: mlflow2aim with process id ${process.pid} on .* is writing`));
    expect(repositoryState(repo)).toEqual(before);
  });

  test('because of its rights is refused in a sentence about it', async () => {
    const { path } = Repository.open(repo);
    const store = exampleStore();
    for (const directory of [repo, store.parent, store.root]) chmodSync(directory, 0o755);
    chmodSync(path, 0o555);
    // root may write everywhere
    const nobody = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    const ended = await startCli(['convert', '--tracking-uri', store.root, '--repo', repo], nobody).ended;
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(path);
    expect(ended.stderr).not.toContain('Internal error');
  });
});

test('a conversion that Aim’s database refuses says so, and the next one makes it good', async () => {
  const store = exampleStore();
  const { metadataFile } = Repository.open(repo);
  const metadata = (sql: string) => {
    const database = new DatabaseSync(metadataFile);
    database.exec(sql);
    database.close();
  };
  metadata("CREATE TRIGGER no BEFORE INSERT ON run BEGIN SELECT RAISE(ABORT, 'the disk is on strike'); END");
  const args = ['convert', '--tracking-uri', store.root, '--repo', repo];
  const { code, stderr } = await startCli(args).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/error: the disk is on strike\./);
  expect(stderr).not.toContain('Internal error');
  expect(repositoryState(repo)).toMatchObject({ rows: [], leftovers: [] });
  metadata('DROP TRIGGER no');
  expect(outcomes(await convert(store.root, repo))).toEqual({ new: 3 });
  const fresh = temporaryDirectory();
  await convert(store.root, fresh);
  expect(essence(repo)).toEqual(essence(fresh));
});
