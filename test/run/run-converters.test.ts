import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Repository } from '../../src/aim/repository.js';
import { install, stagedFiles } from '../../src/aim/run-files.js';
import { FileStore } from '../../src/mlflow/file/file-store.js';
import { DEFAULT_ARTIFACTS, DEFAULT_MAPPING } from '../../src/policies.js';
import type { RunConverter } from '../../src/run/task/run-converter.js';
import type { RunTask } from '../../src/run/task/run-task.js';
import { byValue, inProcess, inWorkers, NOW, type StartConverter } from '../support/conversions.js';
import { newStore } from '../support/example-store.js';
import type { FileStoreBuilder } from '../support/file-store-builder.js';
import { temporaryDirectory } from '../support/temporary.js';

const IMPLEMENTATIONS: readonly [string, StartConverter][] = [
  ['worker threads', inWorkers],
  ['this process', inProcess],
  ['another machine, so to speak: nothing but copies pass', byValue(inProcess)],
];

describe.each(IMPLEMENTATIONS)('a converter in %s', (_, start) => {
  let store: FileStoreBuilder;
  let repository: Repository;
  let converter: RunConverter;

  beforeEach(() => {
    store = newStore();
    store.run('1', { runId: 'a', metrics: { loss: [1, 2, 3].map((value, i) => point(value, i)) } });
    store.run('1', { runId: 'b', metrics: { loss: [point(1, 0)] } });
    repository = Repository.open(temporaryDirectory());
    converter = started();
  });
  afterEach(async () => {
    await converter.stop();
    store.remove();
  });

  function started(): RunConverter {
    return start(new FileStore(store.root), repository, {
      includeDeleted: false,
      overwrite: false,
      source: '',
      mapping: DEFAULT_MAPPING,
      artifacts: DEFAULT_ARTIFACTS,
    });
  }

  test('brings a run whole into the staging directory, and counts what it writes', async () => {
    const { report, staged } = await converter.convert(task('a'));
    expect(report).toMatchObject({ runId: 'a', outcome: 'new', counts: { metrics: 1, points: 3 } });
    expect(report.seconds).toBeGreaterThanOrEqual(0);
    expect(staged?.files?.meta).toBe(stagedFiles(repository, 'a').meta);
    expect([staged?.files?.meta, staged?.files?.seqs].map((path) => existsSync(path ?? ''))).toEqual([true, true]);
    expect(converter.takeProgress()).toEqual({ points: 3, artifactBytes: 0 });
    expect(converter.takeProgress()).toEqual({ points: 0, artifactBytes: 0 });
  });

  test('converts runs at once as well as one after the other', async () => {
    const results = await Promise.all([converter.convert(task('a')), converter.convert(task('b'))]);
    expect(results.map(({ report }) => [report.runId, report.outcome])).toEqual([
      ['a', 'new'],
      ['b', 'new'],
    ]);
  });

  test('reports a run that is not there, and goes on', async () => {
    const { report, staged } = await converter.convert(task('c'));
    expect(report).toMatchObject({ runId: 'c', outcome: 'skipped', code: 'not-a-run' });
    expect(report).not.toHaveProperty('seconds');
    expect(staged).toBeUndefined();
    expect((await converter.convert(task('a'))).report.outcome).toBe('new');
  });

  test('tells for each run of a batch whether it is up to date, in their order', async () => {
    const { staged } = await converter.convert(task('a'));
    const { revision = '', inputs = '' } = staged ?? {};
    const known = { revision, inputs, reviewAt: null };
    // the files of neither run are in their places yet
    const results = await converter.check([
      { ...task('a'), known: { ...known, inputs: 'others' } },
      { ...task('b'), known },
    ]);
    expect(results.map(({ upToDate }) => upToDate)).toEqual([false, false]);
    expect(results.map((result) => result.revision !== undefined)).toEqual([false, true]);
  });

  test('writes the index', async () => {
    const { staged } = await converter.convert(task('a'));
    install(repository, 'a', staged!.files!);
    expect(await converter.writeIndex(['a'], true)).toMatchObject({ written: true });
    expect(existsSync(join(repository.index, 'CURRENT'))).toBe(true);
  });

  test('has ended when stop says so, also to those who ask a second time; tasks under way reject', async () => {
    const converting = converter.convert(task('a')).then(
      () => 'converted',
      () => 'rejected',
    );
    await Promise.all([converter.stop(), converter.stop()]);
    expect(['converted', 'rejected']).toContain(await converting);
    await expect(converter.convert(task('b'))).rejects.toThrow();
  });
});

function task(runId: string): RunTask {
  const experiment = { id: '1', name: 'mnist', lifecycleStage: 'active' as const, tags: new Map() };
  const ref = { runId, experimentId: '1', locator: `1/${runId}` };
  return { experiment, ref, hash: runId, now: NOW, existsInAim: false };
}

function point(value: number, step: number) {
  return { timestamp: NOW - 1000 + step, value, step: BigInt(step) };
}
