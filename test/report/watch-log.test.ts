import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ConvertEvents } from '../../src/events.js';
import { emptyCounts, type RunReport } from '../../src/outcome.js';
import { WatchLog } from '../../src/report/watch-log.js';
import { makeRun } from './make-run.js';

const MINUTE = 60_000;

let events: ConvertEvents;
let lines: string[];
let log: WatchLog;

beforeEach(() => {
  jest.useFakeTimers();
  events = new ConvertEvents();
  lines = [];
  log = new WatchLog(events, (text, level) => lines.push(level === undefined ? text : `${level}: ${text}`));
});
afterEach(() => {
  jest.useRealTimers();
});

const isUpToDate = () => events.emit('watching', { how: 'events', active: 1, nextWithin: 60 });
const done = (name: string, run: Partial<Omit<RunReport, 'counts'>>, counts: Partial<RunReport['counts']> = {}) =>
  events.emit('run:done', makeRun({ runHash: name, runName: name, ...run, counts: { ...emptyCounts(), ...counts } }));
const images = { artifacts: { image: 8, text: 0, audio: 0, figure: 0 } };

describe('the log of a watch', () => {
  test('says nothing of the first pass', () => {
    done('owl', { outcome: 'new', active: false }, { points: 3 });
    isUpToDate();
    expect(lines).toEqual([]);
  });

  test('tells when a run begins and ends, with its name and what it has', () => {
    isUpToDate();
    done('owl', { outcome: 'new', status: 'RUNNING', active: true }, { points: 1 });
    done('owl', { outcome: 'updated', status: 'RUNNING', active: true }, { points: 200 });
    done('owl', { outcome: 'updated', status: 'FINISHED', active: false }, { points: 300, ...images });
    done('owl', { outcome: 'updated', status: 'FINISHED', active: false }, { points: 300 });
    done('elk', { outcome: 'new', status: 'FINISHED', active: false }, { points: 7 });
    expect(lines).toEqual([
      'started: owl of resnet50: 1 point',
      'finished: owl of resnet50: 300 points, 8 images',
      'updated: owl of resnet50: 300 points',
      'new: elk of resnet50: 7 points',
    ]);
  });

  test.each([
    ['FAILED', 'failed in MLflow: owl of resnet50'],
    ['KILLED', 'killed in MLflow: owl of resnet50'],
    ['RUNNING', 'closed as stale: owl of resnet50'],
    [undefined, 'ended: owl of resnet50'],
  ] as const)('knows how a run that was active in the first pass has ended: %s', (status, line) => {
    done('owl', { outcome: 'unchanged', active: true });
    isUpToDate();
    done('owl', { outcome: 'updated', active: false, ...(status !== undefined && { status }) });
    expect(lines).toEqual([line]);
  });

  test('tells what was left behind when a run has ended, and not at each change', () => {
    isUpToDate();
    const notices = [{ kind: 'artifact-skipped', path: 'm.pkl', reason: 'no-kind', detail: '' } as const];
    done('owl', { outcome: 'new', active: true, notices });
    done('owl', { outcome: 'updated', active: true, notices });
    expect(lines).toHaveLength(1);
    done('owl', { outcome: 'updated', active: false, status: 'FINISHED', notices });
    expect(lines.slice(1)).toEqual([
      'finished: owl of resnet50',
      'note: owl of resnet50: 1 file that Aim cannot show stays in MLflow as a link: m.pkl.',
    ]);
  });

  test('tells what active runs get once a minute at most, on one line', () => {
    isUpToDate();
    const stop = log.tellGrowth();
    for (const name of ['owl', 'elk', 'fox', 'cat']) done(name, { outcome: 'unchanged', active: true });
    for (let second = 0; second < 180; second++) {
      if (second < 60) done('owl', { outcome: 'updated', active: true }, { points: 10 });
      jest.advanceTimersByTime(1_000);
    }
    expect(lines).toEqual(['1 active run changed (owl): +600 points']);
    for (const name of ['owl', 'elk', 'fox', 'cat'])
      done(name, { outcome: 'updated', active: true }, { points: 1, ...images });
    done('elk', { outcome: 'updated', active: true, rewritten: 'step-order' }, { points: 5_000 });
    events.emit('pass', { complete: false, runs: 1, changed: 1, active: 4, seconds: 0.1, lag: 0.5 });
    jest.advanceTimersByTime(MINUTE);
    expect(lines.slice(1)).toEqual([
      '4 active runs changed (owl, elk, fox, …): +4 points, +32 files, at most 0.5 s behind',
    ]);
    jest.advanceTimersByTime(10 * MINUTE);
    expect(lines).toHaveLength(2);
    done('owl', { outcome: 'updated', active: true }, { points: 1 });
    stop();
    expect(lines.slice(2)).toEqual(['1 active run changed (owl): +1 point']);
  });

  test('a run that has ended has not grown', () => {
    isUpToDate();
    const stop = log.tellGrowth();
    done('owl', { outcome: 'new', active: true });
    done('owl', { outcome: 'updated', active: true }, { points: 1 });
    done('owl', { outcome: 'updated', active: false, status: 'FINISHED' });
    stop();
    expect(lines).toEqual(['started: owl of resnet50', 'finished: owl of resnet50']);
  });

  test('tells what MLflow has deleted', () => {
    isUpToDate();
    events.emit('run:deleted', { runId: 'old', runHash: 'old', runName: 'owl', experiment: 'e', action: 'archived' });
    expect(lines).toEqual(['deleted in MLflow, archived in Aim: owl of e']);
  });
});
