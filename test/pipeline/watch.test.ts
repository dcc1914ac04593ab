import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { Repository } from '../../src/aim/repository.js';
import { isEvent, startCli } from '../support/command-line.js';
import { id, newStore, series } from '../support/example-store.js';
import { type FileStoreBuilder, metricLine } from '../support/file-store-builder.js';
import { repositoryState } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';
import { until } from '../support/until.js';
import {
  fasterClock,
  startWatch,
  startWatchWith,
  stopWatch,
  untilAsConverted,
  untilSettled,
} from '../support/watching.js';

const [A, B, C] = [id('a'), id('b'), id('c')];
/** Only events bring changes. */
const EVENTS = ['--reconcile', '7d'];
/** What events miss is found within a second. */
const RECONCILING = ['--reconcile', '100ms'];
const TEN_MINUTES_A_SECOND = fasterClock(600);

let store: FileStoreBuilder;
let repo: string;

/** Times of now, so that the run is not taken for stale. */
const running = (runId: string) => ({
  runId,
  status: 1,
  startTime: Date.now(),
  endTime: null,
  metrics: { loss: series(3) },
});

beforeEach(() => {
  store = newStore();
  store.experiment({ id: '1', name: 'mnist' });
  store.run('1', { runId: A, metrics: { loss: series(3) } });
  store.run('1', running(B));
  repo = temporaryDirectory();
});

const file = (run: string, ...path: string[]) => join(store.root, '1', run, ...path);
const archived = () => repositoryState(repo).rows.flatMap(({ hash, is_archived }) => (is_archived === 1 ? [hash] : []));
const point = (step: number) => metricLine({ timestamp: Date.now(), value: step / 8, step: BigInt(step) });

describe.each([
  ['by events', EVENTS],
  ['by polling', ['--poll', ...EVENTS]],
])('an active run, followed %s', (_, flags) => {
  test('has its points, new keys, params, tags, artifacts and its end converted', async () => {
    const watch = await startWatch(store.root, repo, ...flags);
    for (let step = 3; step < 20; step++) appendFileSync(file(B, 'metrics/loss'), point(step));
    await untilAsConverted(store.root, repo);
    mkdirSync(file(B, 'metrics/val/deep'), { recursive: true });
    appendFileSync(file(B, 'metrics/val/deep/loss'), point(1));
    await untilAsConverted(store.root, repo);
    appendFileSync(file(B, 'metrics/val/deep/loss'), point(2));
    writeFileSync(file(B, 'params/lr'), '0.1');
    await untilAsConverted(store.root, repo);
    writeFileSync(file(B, 'tags/team'), 'red');
    mkdirSync(file(B, 'artifacts/notes'));
    writeFileSync(file(B, 'artifacts/notes/a.txt'), 'text');
    await untilAsConverted(store.root, repo);
    store.run('1', { ...running(B), status: 3, endTime: Date.now() });
    await untilSettled(store.root, repo);
    const { code, events } = await stopWatch(watch);
    expect(code).toBe(0);
    expect(events.filter(({ level }) => level !== 'info')).toEqual([]);
    expect(events.findLast(({ event }) => event === 'changes')).toMatchObject({ runsActive: 0, runsFailed: 0 });
  });

  test('may be created piece by piece, in a new experiment, without a report of failures', async () => {
    const watch = await startWatch(store.root, repo, ...flags);
    const meta = (experiment: string, run: string) => {
      store.experiment({ id: experiment, name: `experiment ${experiment}` });
      store.run(experiment, { ...running(run), metrics: {} });
      return readFileSync(join(store.root, experiment, run, 'meta.yaml'));
    };
    const text = meta('3', C);
    // found half made
    writeFileSync(join(store.root, '3', C, 'meta.yaml'), '');
    await until('the experiment is seen', async () => repositoryState(repo).rows.length >= 2);
    appendFileSync(join(store.root, '3', C, 'metrics/loss'), point(1));
    writeFileSync(join(store.root, '3', C, 'meta.yaml'), text);
    await untilAsConverted(store.root, repo);
    appendFileSync(join(store.root, '3', C, 'metrics/loss'), point(2));
    await untilAsConverted(store.root, repo);
    const { events } = await stopWatch(watch);
    const outcomes = events.filter(({ event, runId }) => event === 'run' && runId === C).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['new']);
  });
});

describe('reconciliation', () => {
  test('finds changes of runs and experiments without events', async () => {
    const watch = await startWatch(store.root, repo, ...RECONCILING);
    appendFileSync(file(A, 'metrics/loss'), point(9));
    await untilAsConverted(store.root, repo);
    store.experiment({ id: '1', name: 'renamed', tags: { 'mlflow.note.content': 'Digits.' } });
    await until('the runs have moved', () => repositoryState(repo).rows.every((row) => row.experiment === 'renamed'));
    expect((await stopWatch(watch)).code).toBe(0);
  });

  test('follows deletions and restorations', async () => {
    const watch = await startWatchWith(TEN_MINUTES_A_SECOND, store.root, repo, ...RECONCILING);
    store.run('1', { runId: A, lifecycleStage: 'deleted', metrics: { loss: series(3) } });
    await until('the deleted run is archived', () => archived().includes(A));
    store.run('1', { runId: A, metrics: { loss: series(3) } });
    await until('the restored run is back', () => !archived().includes(A));
    renameSync(file(B), join(store.parent, 'gone'));
    await until('the run whose directory is missing is archived', () => archived().includes(B));
    renameSync(join(store.parent, 'gone'), file(B));
    await untilAsConverted(store.root, repo);
    mkdirSync(join(store.root, '.trash'));
    renameSync(join(store.root, '1'), join(store.root, '.trash/1'));
    await until('the runs of the deleted experiment are archived', () => archived().length === 2);
    renameSync(join(store.root, '.trash/1'), join(store.root, '1'));
    await untilAsConverted(store.root, repo);
    const { events } = await stopWatch(watch);
    const gone = events.filter(({ event }) => event === 'deleted').map(({ runId, action }) => [runId, action]);
    expect(gone.sort()).toEqual([A, A, B, B].map((run) => [run, 'archived']));
    expect(events.filter(({ level }) => level !== 'info')).toEqual([]);
  });
});

test('a directory that is swapped for another one for a short time loses no run', async () => {
  const watch = await startWatch(store.root, repo, '--deleted', 'remove', ...RECONCILING);
  const other = newStore();
  other.experiment({ id: '1', name: 'mnist' });
  other.run('1', { runId: C });
  renameSync(store.root, `${store.root}.away`);
  renameSync(other.root, store.root);
  const isThere = (run: string) => repositoryState(repo).rows.some(({ hash }) => hash === run);
  await until('a run of the other one is converted', () => isThere(C));
  // a reconciliation ends before the next begins
  for (const [name, run] of [
    ['d', id('d')],
    ['e', id('e')],
  ] as const) {
    store.run('1', { runId: run, name });
    await until('a later reconciliation has found the next run', () => isThere(run));
  }
  renameSync(store.root, other.root);
  renameSync(`${store.root}.away`, store.root);
  appendFileSync(file(B, 'metrics/loss'), point(9));
  await until('the old directory is followed again', () => repositoryState(repo).rows.length === 5);
  const { events } = await stopWatch(watch);
  expect(events.filter(({ event }) => event === 'deleted')).toEqual([]);
});

test('a run that is removed in Aim does not come back with its next point', async () => {
  const watch = await startWatch(store.root, repo, ...RECONCILING);
  const repository = Repository.at(join(repo, '.aim'));
  const database = new DatabaseSync(repository.metadataFile, { timeout: 10_000 });
  database.exec(`PRAGMA foreign_keys = OFF; DELETE FROM run WHERE hash = '${B}'`);
  database.close();
  for (const directory of [repository.meta(B), repository.seqs(B)]) rmSync(directory, { recursive: true });
  appendFileSync(file(B, 'metrics/loss'), point(4));
  // a later change is processed later
  store.run('1', running(C));
  await until('the next run is converted', () => repositoryState(repo).rows.some(({ hash }) => hash === C));
  expect(repository.hashes().sort()).toEqual([A, C]);
  expect((await stopWatch(watch)).code).toBe(0);
});

describe('a watch', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('that gets %s ends with 0 within 5 seconds', async (signal) => {
    const watch = await startWatch(store.root, repo);
    for (let step = 3; step < 100; step++) appendFileSync(file(B, 'metrics/loss'), point(step));
    const began = performance.now();
    const { code, stderr, events } = await stopWatch(watch, signal);
    expect([code, performance.now() - began < 5_000]).toEqual([0, true]);
    expect(stderr).toContain('Stopped. The repository holds only whole runs');
    expect(events.at(-1)).toMatchObject({ event: 'summary', ending: 'stopped' });
    expect(repositoryState(repo).leftovers).toEqual([]);
  });

  test('survives a source that goes away, and says so once', async () => {
    const watch = await startWatch(store.root, repo, ...RECONCILING);
    renameSync(store.root, `${store.root}.away`);
    await watch.line((line) => isEvent('source')(line) && line.includes('"available":false'));
    renameSync(`${store.root}.away`, store.root);
    await watch.line((line) => isEvent('source')(line) && line.includes('"available":true'));
    appendFileSync(file(B, 'metrics/loss'), point(9));
    await untilAsConverted(store.root, repo);
    const { events } = await stopWatch(watch);
    expect(events.filter(({ event }) => event === 'source')).toHaveLength(2);
    expect(events.filter(({ event }) => event === 'deleted')).toEqual([]);
  });

  test('keeps following when the clock is set back by two hours', async () => {
    const jump = join(temporaryDirectory(), 'jump');
    const clock = `
      import { existsSync } from 'node:fs';
      const { now } = Date;
      Date.now = () => now() - (existsSync(${JSON.stringify(jump)}) ? 7_200_000 : 0);`;
    const watch = await startWatchWith(clock, store.root, repo, ...RECONCILING);
    appendFileSync(file(B, 'metrics/loss'), point(4));
    await untilAsConverted(store.root, repo);
    writeFileSync(jump, '');
    // by an event, by reconciliation, and after a failure
    appendFileSync(file(B, 'metrics/loss'), point(5));
    await untilAsConverted(store.root, repo);
    appendFileSync(file(A, 'metrics/loss'), point(9));
    await untilAsConverted(store.root, repo);
    renameSync(store.root, `${store.root}.away`);
    await watch.line((line) => isEvent('source')(line) && line.includes('"available":false'));
    renameSync(`${store.root}.away`, store.root);
    await watch.line((line) => isEvent('source')(line) && line.includes('"available":true'));
    expect((await stopWatch(watch)).code).toBe(0);
  });

  test('is shown by status, and keeps others from writing until it is killed', async () => {
    const watch = await startWatch(store.root, repo);
    const status = async () => (await startCli(['status', '--repo', repo, '--json']).ended).stdout;
    expect(JSON.parse(await status())).toMatchObject({
      writer: { pid: watch.child.pid },
      sources: [{ source: store.root, runs: 2, active: 1, failed: 0, error: null }],
    });
    const second = await startCli(['convert', '--tracking-uri', store.root, '--repo', repo]).ended;
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('is writing this repository') });
    watch.child.kill('SIGKILL');
    await watch.ended;
    expect(JSON.parse(await status())).toMatchObject({ writer: null });
  });

  test('ends at once with 1 when the source does not exist', async () => {
    const ended = await startCli(['sync', '--tracking-uri', join(store.parent, 'nothing'), '--repo', repo]).ended;
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('does not exist') });
  });
});
