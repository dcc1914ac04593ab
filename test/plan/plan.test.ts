import { chmodSync, existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { convert } from '../../src/convert.js';
import { ConvertEvents } from '../../src/events.js';
import type { ConvertOptions } from '../../src/options.js';
import { listSource } from '../../src/plan/list.js';
import { plan } from '../../src/plan/plan.js';
import { PlanEvents } from '../../src/plan/plan-events.js';
import { id, newStore, series } from '../support/example-store.js';
import type { FileStoreBuilder } from '../support/file-store-builder.js';
import { settled } from '../support/settled.js';
import { temporaryDirectory } from '../support/temporary.js';

let store: FileStoreBuilder;
let options: ConvertOptions;

beforeEach(() => {
  store = newStore();
  store.experiment({ id: '1', name: 'mnist', tags: { owner: 'ada' } });
  options = { trackingUri: store.root, repo: join(temporaryDirectory(), 'aim'), inProcess: true };
});

const same = (length: number) => series(length).map((point) => ({ ...point, step: 0n }));
/** Two points at step 1. */
const twice = [...series(3), { timestamp: 1_700_000_001_000, value: 1, step: 1n }];

describe('what a plan finds', () => {
  test('are the numbers of the runs to be converted', async () => {
    store.run('1', {
      runId: id('a'),
      params: { lr: '1', depth: '3' },
      tags: { team: 'red' },
      metrics: { loss: series(10), acc: series(5) },
      artifacts: { 'a.txt': 'text', 'b.txt': 'more', 'model/weights.bin': 'bytes', 'sound.wav': 'RIFF' },
      datasets: [{ id: 'd1', name: 'digits', digest: '1' }],
    });
    store.run('1', { runId: id('b'), status: 4 });
    store.run('1', { runId: id('c'), lifecycleStage: 'deleted' });
    const planned = await plan(options);
    expect(planned).toMatchObject({
      isNewRepository: true,
      hasChanges: true,
      experiments: 1,
      runs: { new: 2, changed: 0, unchanged: 0, skipped: 1, failed: 0 },
      skippedRuns: { deleted: 1 },
      sampledRuns: 2,
      content: {
        statuses: { FINISHED: 1, FAILED: 1, RUNNING: 0 },
        params: 2,
        tags: 1,
        metrics: 2,
        points: 15,
        pointsAreEstimate: false,
        datasets: 1,
        texts: { files: 2, bytes: 8 },
        audio: { files: 1, bytes: 4 },
        links: { files: 1, bytes: 5 },
      },
    });
  });

  test('is what Aim cannot hold, by name', async () => {
    store.run('1', {
      runId: id('a'),
      metrics: { loss: twice, flat: same(4) },
      artifacts: { 'model/weights.bin': 'bytes', 'large.txt': 'x'.repeat(100), 'broken.png': 'no image' },
    });
    const { losses } = await plan({ ...options, artifacts: { maxTextSize: 50 } });
    const told = losses.map(({ kind, reason, items, names }) => [kind, reason, items, names]);
    expect(told.sort()).toEqual([
      ['artifact-skipped', 'no-kind', 1, ['model/weights.bin']],
      ['artifact-skipped', 'not-an-image', 1, ['broken.png']],
      ['artifact-skipped', 'too-large', 1, ['large.txt']],
      ['metric-renumbered', undefined, 1, ['flat']],
      ['points-collapsed', undefined, 1, ['loss']],
    ]);
  });

  test('are runs that cannot be read, or only in part', async () => {
    store.run('1', { runId: id('a'), artifactUri: 's3://bucket/artifacts' });
    const broken = store.run('1', { runId: id('b') });
    writeFileSync(join(broken, 'meta.yaml'), '{');
    const planned = await plan(options);
    expect(planned.runs).toMatchObject({ new: 1 });
    expect(planned.runs.failed + planned.runs.skipped).toBe(1);
    expect(planned.incomplete).toBe(1);
  });
});

test('a plan needs about the disk and the files that the conversion then takes', async () => {
  for (let i = 0; i < 40; i++) store.run('1', { runId: id(String(i)), metrics: { loss: series(200) } });
  const { requirements } = await plan(options);
  await convert(options, new ConvertEvents(), new AbortController().signal);
  const files = readdirSync(join(options.repo, '.aim'), { recursive: true }).length;
  expect(requirements!.inodes.needed / files).toBeGreaterThan(0.8);
  expect(requirements!.inodes.needed / files).toBeLessThan(1.25);
  expect(requirements!.openFiles.needed).toBeGreaterThan(40);
});

test('an aborted plan rejects with the reason, and leaves no temporary files', async () => {
  store.run('1', { runId: id('a'), metrics: { loss: series(10) } });
  const before = plansIn(tmpdir());
  const reason = new Error('stop');
  const controller = new AbortController();
  const events = new PlanEvents();
  events.on('measuring', () => controller.abort(reason));
  await expect(plan(options, events, controller.signal)).rejects.toBe(reason);
  expect(existsSync(options.repo)).toBe(false);
  expect(plansIn(tmpdir()).filter((name) => !before.includes(name))).toEqual([]);
});

test('a run that was only touched counts as changed, until it has been read', async () => {
  const meta = join(store.run('1', { runId: id('a') }), 'meta.yaml');
  await convert(options, new ConvertEvents(), new AbortController().signal);
  utimesSync(meta, new Date(), new Date());
  expect((await plan(options)).runs).toMatchObject({ changed: 1, unchanged: 0 });
  const events = new ConvertEvents();
  const outcomes: string[] = [];
  events.on('run:done', ({ outcome }) => outcomes.push(outcome));
  await convert(options, events, new AbortController().signal);
  expect(outcomes).toEqual(['unchanged']);
});

test('a repository of another version is refused, and not touched', async () => {
  store.run('1', { runId: id('a') });
  await convert(options, new ConvertEvents(), new AbortController().signal);
  writeFileSync(join(options.repo, '.aim', 'VERSION'), '9.9\n');
  await expect(plan(options)).rejects.toMatchObject({ code: 'unsupported-version' });
});

test('a damaged ledger is planned without, as a conversion begins a new one', async () => {
  store.run('1', { runId: id('a') });
  await convert(options, new ConvertEvents(), new AbortController().signal);
  writeFileSync(join(options.repo, '.aim', 'mlflow2aim.sqlite'), 'no database at all, and long enough to be looked at');
  expect((await plan(options)).runs).toMatchObject({ changed: 1 });
});

test('a repository that may only be read can be planned for', async () => {
  store.run('1', { runId: id('a') });
  await settled(store.root);
  await convert(options, new ConvertEvents(), new AbortController().signal);
  chmodSync(join(options.repo, '.aim'), 0o555);
  try {
    expect(await plan(options)).toMatchObject({ hasChanges: false, isNewRepository: false });
  } finally {
    chmodSync(join(options.repo, '.aim'), 0o755);
  }
});

test('list counts runs and finds the last change of each experiment', async () => {
  store.experiment({ id: '2', name: 'empty' });
  store.run('1', { runId: id('a'), startTime: 1_700_000_000_000, endTime: 1_700_000_060_000 });
  store.run('1', { runId: id('b'), startTime: 1_700_000_500_000, endTime: null, status: 1 });
  store.run('1', { runId: id('c'), lifecycleStage: 'deleted' });
  const { experiments } = await listSource({ trackingUri: store.root });
  const none = { deletedRuns: 0, unreadableRuns: 0, lifecycleStage: 'active' };
  expect(experiments).toEqual([
    { ...none, id: '1', name: 'mnist', runs: 3, deletedRuns: 1, lastChange: 1_700_000_500_000 },
    { ...none, id: '2', name: 'empty', runs: 0 },
  ]);
});

function plansIn(directory: string): string[] {
  return readdirSync(directory).filter((name) => name.startsWith('mlflow2aim-plan-'));
}
