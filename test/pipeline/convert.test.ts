import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Repository } from '../../src/aim/repository.js';
import { sequenceId } from '../../src/aim/sequence.js';
import { sampleImage } from '../artifacts/sample-images.js';
import { readPoints, readRecords } from '../support/aim-records.js';
import { convert, outcomes, type Report, startCli } from '../support/command-line.js';
import { exampleStore, fillWithExamples, id, newStore, series } from '../support/example-store.js';
import { FileStoreBuilder } from '../support/file-store-builder.js';
import { readable, readMetadata, repositoryState, staleChecksums } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';

const NO_CONTEXT = new Map();

/** The records of one of a run's databases: path to value. */
function records(directory: string): Record<string, Buffer> {
  return Object.fromEntries([...readRecords(directory)].map(([key, value]) => [readable(key), value]));
}

/** The numbers of the table that ends a conversion: the first of each line, and those of its details by word. */
function tableOf(stdout: string): Record<string, { total: number; details: Record<string, number> }> {
  const rows = stdout.split('\n').map((line) => /^(\w+) {2,}([\d,]+)(.*)$/.exec(line));
  return Object.fromEntries(
    rows
      .filter((row) => row !== null)
      .map(([, name = '', total = '', rest = '']) => {
        const details = [...rest.matchAll(/([\d,]+) ([a-z]+)/g)].map(([, number = '', word = '']) => [
          word,
          toNumber(number),
        ]);
        return [name, { total: toNumber(total), details: Object.fromEntries(details) }];
      }),
  );
}

const toNumber = (text: string) => Number(text.replaceAll(',', ''));

describe('a conversion', () => {
  let store: FileStoreBuilder;
  let repo: string;
  let report: Report;
  let stdout: string;

  beforeAll(async () => {
    store = fillWithExamples(new FileStoreBuilder());
    store.run('2', { runId: id('d'), lifecycleStage: 'deleted' });
    repo = join(store.parent, 'deep', 'repo');
    const file = join(store.parent, 'report.json');
    const ended = await startCli(['convert', '--tracking-uri', store.root, '--repo', repo, '--report', file]).ended;
    expect(ended).toMatchObject({ code: 0 });
    stdout = ended.stdout;
    report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  });
  afterAll(() => store.remove());

  test('brings everything into Aim', () => {
    const repository = Repository.at(join(repo, '.aim'));
    const [a, b, c] = [id('a'), id('b'), id('c')];
    expect(repository.hashes().sort()).toEqual([a, b, c]);
    const points = (name: string) => readPoints(repository.seqs(a), a, sequenceId(name, NO_CONTEXT));
    const stored = series(100).map(({ step, value, timestamp }) => ({ step, value, time: timestamp / 1000 }));
    expect(points('loss')).toEqual(stored);
    expect(points('val/loss')).toEqual(stored.slice(0, 10));
    expect(points('unnumbered')).toEqual(stored.slice(0, 5));
    expect(points('repeated')).toEqual(stored.slice(0, 4));
    expect(points('broken')).toEqual(stored.slice(0, 1));

    const meta = records(repository.meta(a));
    const at = (path: string) => meta[`/meta/chunks/${a}/${path}`];
    expect(at('attrs/params/lr')!.readDoubleLE(1)).toBe(0.01);
    expect(at('attrs/params/layers/1')!.readBigInt64LE(1)).toBe(2n);
    expect(at('attrs/tags/team')!.toString()).toBe('\x04red');
    expect(at('attrs/mlflow_run_id')!.toString()).toBe(`\x04${a}`);
    expect(at('end_time')!.readDoubleLE(1)).toBe(1_700_000_060);
    expect(at('artifacts/model/model.pkl/uri')!.toString('utf8', 1)).toMatch(/^file:\/\/.*model\.pkl$/);

    const blobs = Object.entries(records(repository.seqs(a)))
      .filter(([path]) => path.startsWith('/BLOBS'))
      .map(([, value]) => value.subarray(1));
    const files = [sampleImage('png RGB'), sampleImage('png RGBA'), '# Readme', 'RIFF'].map((file) =>
      Buffer.from(file),
    );
    const hex = (all: Buffer[]) => all.map((one) => one.toString('hex')).sort();
    expect(hex(blobs)).toEqual(hex(files));

    expect(readMetadata(repository.metadataFile)).toMatchObject({
      rows: [
        { hash: a, name: 'calm-owl-12', description: '# Why', experiment: 'mnist', is_archived: 0 },
        { hash: b, name: 'broken', experiment: 'mnist' },
        { hash: c, name: 'nothing', experiment: 'cifar' },
      ],
      experiments: [
        { name: 'cifar', description: null },
        { name: 'mnist', description: 'Digits.' },
      ],
      labels: [{ hash: b, name: 'FAILED' }],
      notes: [{ hash: a, content: '# Why' }],
    });
  });

  test('leaves an index of all runs that Aim takes for its own, and nothing beside', () => {
    const repository = Repository.at(join(repo, '.aim'));
    const union = new Map(repository.hashes().flatMap((hash) => [...readRecords(repository.meta(hash))]));
    const { index, leftovers } = repositoryState(repo);
    expect(Object.keys(index).sort()).toEqual([...union.keys()].map(readable).sort());
    expect(staleChecksums(repo)).toEqual([]);
    expect(leftovers).toEqual([]);
  });

  test('is reported so that the numbers add up, with themselves and with the table', () => {
    const { runs, summary, interrupted } = report;
    expect(interrupted).toBe(false);
    expect(summary).toMatchObject({
      experiments: 2,
      runs: { new: 3, updated: 0, unchanged: 0, skipped: 1, failed: 0 },
      runsPublished: 3,
      metrics: 6,
      points: 100 + 10 + 5 + 4 + 1 + 3,
      pointsCollapsed: 2,
      metricsRenumbered: 1,
      params: 3,
      artifacts: { image: 2, text: 1, audio: 1, figure: 0 },
      artifactsListed: 1,
      notices: { 'line-skipped': 1, 'points-collapsed': 1, 'metric-renumbered': 1, 'artifact-skipped': 1 },
    });
    const sum = (of: (run: Report['runs'][number]) => number) => runs.reduce((total, run) => total + of(run), 0);
    for (const key of ['metrics', 'points', 'params', 'tags', 'artifactBytes', 'bytesWritten'] as const) {
      expect([key, sum(({ counts }) => counts[key])]).toEqual([key, summary[key]]);
    }
    expect(sum(({ notices }) => notices.length)).toBe(4);
    const table = tableOf(stdout);
    expect(table).toMatchObject({
      experiments: { total: 2 },
      runs: { total: 4, details: { new: 3, updated: 0, unchanged: 0, skipped: 1, failed: 0 } },
      metrics: { total: summary.metrics, details: { renumbered: 1 } },
      points: { total: summary.points, details: { collapsed: 2 } },
      params: { total: summary.params },
      tags: { total: summary.tags },
      artifacts: { total: 4, details: { images: 2, text: 1, audio: 1, listed: 1 } },
    });
  });
});

describe('another conversion', () => {
  test('of some experiments takes those, by id or by name', async () => {
    const store = exampleStore();
    const repo = temporaryDirectory();
    expect((await convert(store.root, repo, ['--experiment', 'cifar'])).runs).toMatchObject([{ runId: id('c') }]);
    const report = await convert(store.root, repo, ['--experiment', '1', '--experiment', '2']);
    expect(outcomes(report)).toEqual({ new: 2, unchanged: 1 });
  });

  test('of nothing makes a repository without runs', async () => {
    const store = newStore();
    store.experiment({ id: '1' });
    const repo = temporaryDirectory();
    expect((await convert(store.root, repo)).runs).toEqual([]);
    expect(Repository.open(repo).hashes()).toEqual([]);
    expect(repositoryState(repo).leftovers).toEqual([]);
  });
});

describe('what is deleted in MLflow', () => {
  function deletedStore() {
    const store = newStore();
    store.experiment({ id: '1', name: 'active' });
    store.run('1', { runId: id('a') });
    store.run('1', { runId: id('b'), lifecycleStage: 'deleted' });
    store.experiment({ id: '2', name: 'trashed', trashed: true });
    store.run('2', { runId: id('c') });
    return store;
  }

  test('is passed over, and that is told', async () => {
    const repo = temporaryDirectory();
    const report = await convert(deletedStore().root, repo);
    expect(outcomes(report)).toEqual({ new: 1, skipped: 2 });
    expect(report.summary.skippedRuns).toEqual([
      { code: 'deleted', reason: expect.stringContaining('--include-deleted'), runs: 2 },
    ]);
    expect(Repository.open(repo).hashes()).toEqual([id('a')]);
  });

  test('is archived in Aim when it is wanted', async () => {
    const repo = temporaryDirectory();
    expect(outcomes(await convert(deletedStore().root, repo, ['--include-deleted']))).toEqual({ new: 3 });
    const archived = repositoryState(repo).rows.map(({ hash, is_archived }) => [hash, is_archived]);
    expect(archived).toEqual([
      [id('a'), 0],
      [id('b'), 1],
      [id('c'), 1],
    ]);
  });

  test('later stays in Aim as it is', async () => {
    const store = deletedStore();
    const repo = temporaryDirectory();
    await convert(store.root, repo, ['--include-deleted']);
    const before = repositoryState(repo);
    await convert(store.root, repo);
    expect(repositoryState(repo)).toEqual(before);
  });
});

describe('nothing is made, and the exit code is 1,', () => {
  test.each<[string, (root: string) => string[], RegExp]>([
    ['when there is no such store', (root) => ['--tracking-uri', `${root}-gone`], /-gone does not exist\./],
    [
      'when the URI is of no known kind',
      () => ['--tracking-uri', 'gopher://host'],
      /Tracking URIs that begin with gopher: are not read/,
    ],
    ['when it is no store', (root) => ['--tracking-uri', join(root, '..')], /looks like the store; use that\./],
    [
      'when an experiment is unknown',
      (root) => ['--tracking-uri', root, '--experiment', 'nope'],
      /no experiment with the id or name "nope"\. It has: "mnist", "cifar"\./,
    ],
  ])('%s', async (_, flags, message) => {
    const store = exampleStore();
    const repo = join(temporaryDirectory(), 'repo');
    const { code, stdout, stderr } = await startCli(['convert', '--repo', repo, ...flags(store.root)]).ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^error: [^\n]*\n$/);
    expect(existsSync(repo)).toBe(false);
  });
});
