import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ConvertEvents } from '../../src/events.js';
import type { Ending } from '../../src/report/ending.js';
import { JsonLog } from '../../src/report/json-log.js';
import { ProgressState } from '../../src/report/progress-state.js';
import { Summary } from '../../src/summary/summary.js';
import { makeRun } from './make-run.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

interface Line {
  readonly level: string;
  readonly time: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

function log(quiet: boolean, ending: Ending): { lines: Line[]; told: string[] } {
  const written: string[] = [];
  const told: string[] = [];
  const events = new ConvertEvents();
  const summary = new Summary(events);
  const options = {
    write: (line: string) => written.push(line),
    tell: (line: string) => told.push(line),
    quiet,
    version: '9.9.9',
  };
  const view = new JsonLog(events, new ProgressState(events), options);
  events.emit('start', { source: '/data/mlruns', repo: '/data/aim' });
  events.emit('experiment', { id: '1', name: 'a\nb', runs: 2 });
  jest.advanceTimersByTime(1_600);
  const notice = { kind: 'points-collapsed', metric: 'loss', points: 2 } as const;
  events.emit('run:done', makeRun({ notices: [notice, notice] }));
  events.emit('run:done', makeRun({ outcome: 'failed', code: 'damaged-file', where: '/x', reason: 'It broke.' }));
  events.emit('warning', { code: 'polling', message: 'Look out.' });
  events.emit('publish', { runs: 1 });
  view.say('Stopping.');
  view.end(ending, summary.numbers());
  jest.advanceTimersByTime(60_000);
  expect(written.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
  return { lines: written.map((line) => JSON.parse(line) as Line), told };
}

const RETRY = {
  code: 'server-error',
  server: 'http://host:5000',
  says: 'answers 502',
  what: 'the runs of experiment 1',
  status: 502,
  attempt: 3,
  attempts: 8,
  wait: 8,
} as const;

test('the JSON log tells a retry while it is waited for, and of many at a time one', () => {
  const written: string[] = [];
  const events = new ConvertEvents();
  const options = { write: (line: string) => written.push(line), tell: () => {}, quiet: false, version: '9.9.9' };
  const view = new JsonLog(events, new ProgressState(events), options);
  events.emit('retry', { ...RETRY, attempt: 2, wait: 0.2 });
  for (let request = 0; request < 100; request++) events.emit('retry', RETRY);
  events.emit('retry', { ...RETRY, attempt: 4, wait: 16 });
  jest.advanceTimersByTime(4_000);
  events.emit('retry', RETRY);
  jest.advanceTimersByTime(2_000);
  events.emit('retry', RETRY);
  view.end({ type: 'done' }, new Summary(events).numbers());
  const retries = written.map((line) => JSON.parse(line) as Line).filter(({ event }) => event === 'retry');
  expect(retries).toMatchObject([RETRY, { attempt: 4 }, { attempt: 3 }]);
  expect(retries[0]).toMatchObject({ level: 'warn', event: 'retry' });
});

describe('the JSON log', () => {
  test('has the documented events, one a line', () => {
    const { lines, told } = log(false, { type: 'done' });
    expect(lines.map(({ level, event }) => `${level} ${event}`)).toEqual([
      'info start',
      'info experiment',
      'info progress',
      'info run',
      'error run',
      'warn warning',
      'info publish',
      'info summary',
    ]);
    expect(lines[0]).toMatchObject({ version: '9.9.9', source: '/data/mlruns', repo: '/data/aim' });
    expect(lines[1]).toMatchObject({ id: '1', name: 'a\nb', runs: 2 });
    expect(lines[2]).toMatchObject({ runsDone: 0, runsTotal: 2, points: 0 });
    expect(lines[3]).toMatchObject({ outcome: 'new', notices: { 'points-collapsed': 2 } });
    expect(lines[4]).toMatchObject({ outcome: 'failed', code: 'damaged-file', where: '/x', reason: 'It broke.' });
    expect(lines[5]).toMatchObject({ code: 'polling', message: 'Look out.' });
    expect(lines[7]).toMatchObject({ ending: 'done', runs: { new: 1, failed: 1 } });
    expect(lines.every(({ time }) => new Date(time).toISOString() === time)).toBe(true);
    expect(lines.every((line) => !('pid' in line || 'hostname' in line))).toBe(true);
    expect(told).toEqual(['Stopping.']);
  });

  test('quiet: errors and failed runs only', () => {
    const { lines } = log(true, { type: 'failed', code: 'no-space', message: 'No space is left.' });
    expect(lines.map(({ event }) => event)).toEqual(['run', 'error']);
    expect(lines[1]).toMatchObject({ code: 'no-space', message: 'No space is left.' });
  });

  test('tells people about the end where they read', () => {
    expect(log(false, { type: 'failed', code: 'no-space', message: 'No space is left.' }).told).toContain(
      'error: No space is left.',
    );
    expect(log(false, { type: 'interrupted' }).told.at(-1)).toMatch(/^Interrupted\./);
  });
});
