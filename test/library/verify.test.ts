import { beforeEach, expect, test } from '@jest/globals';
import { ConvertError } from '../../src/errors.js';
import { ConvertEvents } from '../../src/events.js';
import { convert } from '../../src/library/convert.js';
import { type VerifyRequest, verify } from '../../src/library/verify.js';
import type { Experiment } from '../../src/model.js';
import { VerifyEvents } from '../../src/verify/session/verify-events.js';
import { newStore } from '../support/example-store.js';
import { memoryRun } from '../support/memory-run.js';
import { MemoryStore } from '../support/memory-store.js';
import { temporaryDirectory } from '../support/temporary.js';

const EXPERIMENT: Experiment = { id: '1', name: 'mnist', lifecycleStage: 'active', tags: new Map() };

let store: MemoryStore;
let repo: string;
beforeEach(() => {
  store = new MemoryStore(EXPERIMENT, [memoryRun('a', { loss: [0, 1, 2] }), memoryRun('b', { loss: [3] })]);
  repo = temporaryDirectory();
});

const openStore = () => store;

test('verify resolves with what it has found, of a source of a program as well', async () => {
  await convert({ openStore, repo });
  expect(await verify({ openStore, repo })).toMatchObject({ outcome: 'as-expected', runs: { equal: 2 }, points: 4 });

  store.put(memoryRun('b', { loss: [4] }, { revision: '2' }));
  const events = new VerifyEvents();
  const told: string[] = [];
  events.on('run', ({ runId, verdict }) => told.push(`${runId} ${verdict}`));
  expect(await verify({ openStore, repo, events })).toMatchObject({
    outcome: 'differences',
    runs: { equal: 1, differs: 1 },
  });
  expect(told.sort()).toEqual(['a equal', 'b differs']);
  expect(events.eventNames()).toEqual(['run']);
});

test('what the stages of a program have made of a run is not called a difference, nor verified', async () => {
  const stages = {
    version: 'nothing 1',
    async *histories<T>(batches: AsyncIterable<T>) {
      for await (const _ of batches);
      yield* [] as T[];
    },
  };
  await convert({ openStore, repo, stages });
  const events = new VerifyEvents();
  const reasons: (string | undefined)[] = [];
  events.on('run', ({ reason }) => reasons.push(reason));
  expect(await verify({ openStore, repo, events })).toMatchObject({ outcome: 'incomplete', runs: { unread: 2 } });
  expect(reasons[0]).toContain('stages of a program ("nothing 1")');
  await convert({ openStore, repo });
  expect(await verify({ openStore, repo })).toMatchObject({ outcome: 'as-expected', runs: { equal: 2 } });
});

test('verify checks the structure of a repository without a source', async () => {
  await convert({ openStore, repo });
  expect(await verify({ repo, inProcess: true })).toMatchObject({ outcome: 'as-expected', findings: 0 });
});

test('verify converts again what differs, if it is to repair', async () => {
  const source = newStore();
  source.run('1', { runId: 'a', status: 3, endTime: 1, params: { lr: '1' } });
  const request = { trackingUri: source.root, repo, inProcess: true };
  await convert(request);
  source.run('1', { runId: 'a', status: 3, endTime: 1, params: { lr: '2' } });
  expect(await verify(request)).toMatchObject({ outcome: 'differences', runs: { differs: 1 } });
  expect(await verify({ ...request, repair: true })).toMatchObject({ outcome: 'as-expected', runs: { equal: 1 } });
  expect(await verify(request)).toMatchObject({ outcome: 'as-expected' });
});

test('verify rejects with the reason of its signal', async () => {
  await convert({ openStore, repo });
  const reason = new Error('enough');
  await expect(verify({ openStore, repo, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test.each<[object | undefined, string]>([
  [undefined, 'An object with trackingUri and repo is needed.'],
  [{ trackingUri: 'mlruns', openStore: () => {}, repo: 'x' }, 'There are two sources'],
  [{ openStore: () => {}, repo: 'x', repair: true }, 'repair needs a trackingUri'],
  [{ trackingUri: 'mlruns', repo: 'x', samples: 0.1 }, 'no option samples.'],
  [{ trackingUri: 'mlruns', repo: 'x', concurrency: 0.5 }, 'concurrency has to be'],
])('%j is refused', async (given, message) => {
  await expect(verify(given as VerifyRequest)).rejects.toMatchObject({
    kind: 'fatal',
    code: 'invalid-argument',
    message: expect.stringContaining(message),
  });
});

test('a conversion that verifies tells of each group as soon as it is published, and at the end what it was asked for besides', async () => {
  const runs = Array.from({ length: 300 }, (_, i) => memoryRun(`r${i}`, { loss: [i] }));
  store = new MemoryStore(EXPERIMENT, [...runs, memoryRun('gone', { loss: [1] })]);
  await convert({ openStore, repo, selection: { runIds: ['gone'] } });
  store = new MemoryStore(EXPERIMENT, runs);
  // MLflow as the verification reads it
  const other = new MemoryStore(EXPERIMENT, runs);
  other.put(memoryRun('r3', { loss: [4] }));
  const stores = [store, other];
  const [events, verifyEvents] = [new ConvertEvents(), new VerifyEvents()];
  let done = 0;
  events.on('run:done', () => void done++);
  const told = new Map<string, number>();
  verifyEvents.on('run', ({ runId = '', verdict }) => {
    expect(told.has(runId)).toBe(false);
    told.set(runId, done);
    expect([runId, verdict]).toEqual([runId, runId === 'r3' ? 'differs' : runId === 'gone' ? 'extra' : 'equal']);
  });
  const summary = await convert({ openStore: () => stores.shift()!, repo, events, verify: true, verifyEvents });
  expect(summary).toMatchObject({
    complete: true,
    verification: { outcome: 'differences', runs: { equal: 299, differs: 1, extra: 1 } },
  });
  expect(told.get('r3')).toBeLessThan(300);
  // what a second conversion finds unchanged is verified as well
  const again = await convert({ openStore, repo, verify: true });
  expect(again.verification).toMatchObject({ outcome: 'as-expected', runs: { equal: 300, extra: 1 } });
});

test('what keeps a verification from comparing does not keep runs from being converted', async () => {
  const stores = [
    () => store,
    () => {
      throw new ConvertError('fatal', 'unreachable', 'The server is down.');
    },
  ];
  const request = { openStore: () => stores.shift()!(), repo, verify: true };
  await expect(convert(request)).rejects.toThrow('The server is down.');
  expect(await verify({ openStore, repo })).toMatchObject({ outcome: 'as-expected', runs: { equal: 2 } });
});
