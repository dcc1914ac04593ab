import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ConvertEvents } from '../../src/events.js';
import type { RunReport } from '../../src/outcome.js';
import type { SourceChange } from '../../src/watch/change-queue.js';
import type { SourceWatcher, WatcherListener } from '../../src/watch/source-watcher.js';
import { Tracker } from '../../src/watch/tracker.js';
import { makeExperiment } from '../mapping/fixtures.js';
import { makeRun } from '../report/make-run.js';
import { EXPERIMENT, refOf } from '../support/fake-watch.js';

const OTHER = makeExperiment({ id: '2', name: 'cifar' });
const runOf = (runId: string) => ({ experiment: EXPERIMENT, ref: refOf(runId) });

/** A watcher that remembers what it watches. */
class RecordingWatcher implements SourceWatcher {
  experiments: readonly string[] = [];
  readonly runs = new Set<string>();
  isClosed = false;

  constructor(
    readonly how: 'events' | 'polling',
    readonly listener: WatcherListener,
  ) {}

  setExperiments(ids: readonly string[]): void {
    this.experiments = ids;
  }
  watchRun(hash: string): void {
    this.runs.add(hash);
  }
  unwatchRun(hash: string): void {
    this.runs.delete(hash);
  }
  async close(): Promise<void> {
    this.isClosed = true;
  }
}

let watchers: RecordingWatcher[];
let changes: SourceChange[];
let warnings: string[];
let tracker: Tracker;

function track(poll = false): void {
  const events = new ConvertEvents();
  events.on('warning', ({ message }) => warnings.push(message));
  const open = (how: 'events' | 'polling', listener: WatcherListener) => {
    const watcher = new RecordingWatcher(how, listener);
    watchers.push(watcher);
    return watcher;
  };
  tracker = new Tracker(open, poll, (change) => changes.push(change), events);
}

beforeEach(() => {
  jest.useFakeTimers();
  watchers = [];
  changes = [];
  warnings = [];
  track();
});
afterEach(() => {
  jest.useRealTimers();
});

const watched = () => [...watchers.at(-1)!.runs];

function process(
  runId: string,
  active: boolean | undefined,
  report: Partial<RunReport> = {},
  isFirst = false,
): boolean {
  const processed = { run: runOf(runId), report: makeRun({ runId, runHash: runId, ...report } as object) };
  return tracker.processed({ ...processed, ...(active !== undefined && { active }) }, isFirst);
}

describe('the runs that a tracker watches', () => {
  test('are those that are active', () => {
    process('a', true);
    process('b', false);
    expect([tracker.active, watched()]).toEqual([1, ['a']]);
    process('a', false);
    expect([tracker.active, watched()]).toEqual([0, []]);
  });

  test.each<Partial<RunReport>>([
    { outcome: 'unchanged' },
    { outcome: 'skipped', code: 'deleted' },
    { outcome: 'skipped', code: 'removed-in-aim' },
  ])('no longer include one with the result %j', (report) => {
    process('a', true);
    process('a', undefined, report);
    expect([tracker.active, watched()]).toEqual([0, []]);
  });

  test('still include one that could not be read just now', () => {
    process('a', true);
    process('a', undefined, { outcome: 'failed', reason: 'It is half written.' });
    expect([tracker.active, watched()]).toEqual([1, ['a']]);
  });

  test('include one that has just appeared, for ten minutes or until it is known whether it is active', () => {
    for (const runId of ['a', 'b', 'c']) tracker.addCandidate(runId, runOf(runId));
    process('a', true);
    process('b', false);
    expect([tracker.active, watched()]).toEqual([1, ['a', 'c']]);
    jest.advanceTimersByTime(600_000);
    tracker.dropStaleCandidates();
    expect(watched()).toEqual(['a', 'c']);
    jest.advanceTimersByTime(1);
    tracker.dropStaleCandidates();
    expect(watched()).toEqual(['a']);
  });

  test('are told by experiment, with the experiments that have none', () => {
    tracker.updateExperiments([EXPERIMENT, OTHER]);
    process('a', true);
    process('b', true);
    expect([...tracker.activeByExperiment()]).toEqual([
      { experiment: EXPERIMENT, runIds: ['a', 'b'] },
      { experiment: OTHER, runIds: [] },
    ]);
  });
});

describe('the experiments of a tracker', () => {
  test('are watched, and reported when they are new or have changed', () => {
    expect(tracker.updateExperiments([EXPERIMENT])).toEqual([EXPERIMENT]);
    expect(tracker.updateExperiments([EXPERIMENT, OTHER])).toEqual([OTHER]);
    const renamed = { ...OTHER, name: 'renamed' };
    const tagged = { ...EXPERIMENT, tags: new Map([['team', 'red']]) };
    expect(tracker.updateExperiments([tagged, renamed])).toEqual([tagged, renamed]);
    expect(tracker.updateExperiments([{ ...tagged }])).toEqual([]);
    expect(watchers.at(-1)!.experiments).toEqual(['1']);
    expect([tracker.experiment('1'), tracker.experiment('2')]).toEqual([tagged, undefined]);
  });
});

describe('what a tracker finds worth telling', () => {
  test('is a run that was written, and a failure that lasts', () => {
    expect(process('a', true, { outcome: 'updated' })).toBe(true);
    expect(process('b', undefined, { outcome: 'failed', reason: 'It broke.' })).toBe(false);
    jest.advanceTimersByTime(5_000);
    expect(process('b', undefined, { outcome: 'failed', reason: 'It broke.' })).toBe(true);
  });

  test('is a deleted run in the first pass only', () => {
    expect(process('a', undefined, { outcome: 'skipped', code: 'deleted' }, true)).toBe(true);
    jest.advanceTimersByTime(60_000);
    expect(process('b', undefined, { outcome: 'skipped', code: 'deleted' })).toBe(false);
    jest.advanceTimersByTime(60_000);
    expect(process('b', undefined, { outcome: 'skipped', code: 'deleted' })).toBe(false);
  });
});

describe('a tracker whose watcher fails', () => {
  const fail = (code: string) => watchers.at(-1)!.listener.onError(Object.assign(new Error('failure'), { code }));

  test.each([
    ['ENOSPC', 'the system has no more watches to give; raise fs.inotify.max_user_watches'],
    ['EMFILE', 'the system has no more watches to give; raise fs.inotify.max_user_watches'],
    ['EIO', 'EIO'],
  ])('falls back to polling what it watched, and says so once (%s)', (code, reason) => {
    tracker.updateExperiments([EXPERIMENT]);
    process('a', true);
    tracker.addCandidate('b', runOf('b'));
    fail(code);
    fail(code);
    expect(warnings).toEqual([`Cannot watch for changes (${reason}); falling back to polling.`]);
    expect(watchers.map(({ how, isClosed }) => [how, isClosed])).toEqual([
      ['events', true],
      ['polling', false],
    ]);
    expect([tracker.how, watchers[1]!.experiments, watched()]).toEqual(['polling', ['1'], ['a', 'b']]);
  });

  test.each(['ENOENT', 'EACCES', 'EPERM'])('keeps watching when the error concerns one directory (%s)', (code) => {
    fail(code);
    expect([tracker.how, watchers.length, warnings]).toEqual(['events', 1, []]);
  });
});

test.each([false, true])('a tracker that restarts watches the same in the same way (poll: %p)', async (poll) => {
  track(poll);
  tracker.updateExperiments([EXPERIMENT]);
  process('a', true);
  tracker.restart();
  const [before, now] = watchers.slice(-2);
  expect([before!.isClosed, now!.isClosed]).toEqual([true, false]);
  expect([now!.how, now!.experiments, watched()]).toEqual([poll ? 'polling' : 'events', ['1'], ['a']]);
  now!.listener.onChange({ type: 'everything' });
  expect(changes).toEqual([{ type: 'everything' }]);
  await tracker.close();
  expect(now!.isClosed).toBe(true);
});
