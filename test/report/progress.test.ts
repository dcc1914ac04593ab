import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ConvertEvents } from '../../src/events.js';
import { LiveBlock } from '../../src/report/live-block.js';
import { showLive, showPlain } from '../../src/report/progress.js';
import { ProgressState } from '../../src/report/progress-state.js';
import { blockLines, totalLine } from '../../src/report/progress-text.js';
import { makeRun } from './make-run.js';
import { Screen } from './screen.js';

let now = 0;
let events: ConvertEvents;
let state: ProgressState;

function pass(milliseconds: number): void {
  now += milliseconds;
  jest.advanceTimersByTime(milliseconds);
}

function doRuns(experiment: string, runs: number): void {
  for (let index = 0; index < runs; index += 1) events.emit('run:ready', makeRun({ experiment }));
}

beforeEach(() => {
  jest.useFakeTimers();
  now = 0;
  events = new ConvertEvents();
  state = new ProgressState(events, () => now);
});
afterEach(() => {
  jest.useRealTimers();
});

describe('the state of a conversion', () => {
  test('adds up, and estimates the end from the runs done', () => {
    events.emit('experiment', { id: '1', name: 'a', runs: 30 });
    events.emit('experiment', { id: '2', name: 'b', runs: 10 });
    events.emit('listed');
    events.emit('progress', { points: 1000, artifactBytes: 50 });
    pass(10_000);
    doRuns('a', 10);
    events.emit('progress', { points: 1000, artifactBytes: 0 });
    expect(state.numbers()).toEqual({
      runsDone: 10,
      runsTotal: 40,
      listed: true,
      points: 2000,
      artifactBytes: 50,
      runsPerSecond: 1,
      pointsPerSecond: 200,
      seconds: 10,
      secondsLeft: 30,
    });
  });

  test('promises nothing before the number of runs is known', () => {
    events.emit('experiment', { id: '1', name: 'a', runs: 30 });
    pass(1_000);
    doRuns('a', 10);
    expect(state.numbers()).toMatchObject({ runsTotal: 30, listed: false });
    expect(state.numbers().secondsLeft).toBeUndefined();
    events.emit('experiment', { id: '2', name: 'b', runs: 90 });
    events.emit('listed');
    expect(state.numbers()).toMatchObject({ runsTotal: 120, listed: true, secondsLeft: 11 });
  });

  test('promises nothing by a single run that has just been done', () => {
    events.emit('experiment', { id: '1', name: 'a', runs: 2_000 });
    events.emit('listed');
    pass(1_500);
    doRuns('a', 1);
    expect(state.numbers().secondsLeft).toBeUndefined();
    pass(3_500);
    expect(state.numbers().secondsLeft).toBeGreaterThan(0);
  });

  test('promises nothing before a run is done', () => {
    events.emit('experiment', { id: '1', name: 'a', runs: 30 });
    events.emit('listed');
    pass(60_000);
    expect(state.numbers().secondsLeft).toBeUndefined();
  });

  test('forgets the speed of a stretch of unchanged runs', () => {
    events.emit('experiment', { id: '1', name: 'a', runs: 2000 });
    events.emit('listed');
    doRuns('a', 1000);
    for (let second = 0; second < 40; second += 1) {
      pass(1000);
      doRuns('a', 1);
      state.numbers();
    }
    expect(state.numbers().runsPerSecond).toBeCloseTo(1, 5);
    expect(state.numbers().secondsLeft).toBeCloseTo(960, 0);
  });

  test('knows the active experiments, those under way first, and lets go of those that are done', () => {
    for (const name of ['a', 'b', 'c']) events.emit('experiment', { id: name, name, runs: 2 });
    events.emit('experiment', { id: 'none', name: 'none', runs: 0 });
    doRuns('a', 2);
    doRuns('c', 1);
    expect(state.active()).toEqual([
      { name: 'c', runsDone: 1, runsTotal: 2 },
      { name: 'b', runsDone: 0, runsTotal: 2 },
    ]);
  });

  test('a run may be done before its experiment has been listed', () => {
    doRuns('a', 2);
    expect(state.numbers()).toMatchObject({ runsDone: 2, runsTotal: 2 });
    events.emit('experiment', { id: '1', name: 'a', runs: 3 });
    expect(state.active()).toEqual([{ name: 'a', runsDone: 2, runsTotal: 3 }]);
    expect(state.numbers().runsTotal).toBe(3);
  });
});

describe('the text of the progress', () => {
  const numbers = {
    runsDone: 120,
    runsTotal: 2040,
    listed: true,
    points: 1234567,
    artifactBytes: 12_345_678,
    runsPerSecond: 52.14,
    pointsPerSecond: 536_768,
    seconds: 3,
    secondsLeft: 36.2,
  };

  test('the total says it all on one line', () => {
    expect(totalLine(numbers)).toBe(
      '120 of 2,040 runs · ETA 37 s · 1,234,567 points · 12.3 MB · 52.1 runs/s · 536,768 points/s',
    );
  });

  test('what does not fit is left out, and no word is cut', () => {
    expect(totalLine(numbers, 79)).toBe('120 of 2,040 runs · ETA 37 s · 1,234,567 points · 12.3 MB · 52.1 runs/s');
    expect(totalLine(numbers, 10)).toBe('120 of 2,040 runs');
  });

  test('a total that is still growing says so', () => {
    expect(totalLine({ ...numbers, listed: false }, 25)).toBe('120 of 2,040+ runs');
    expect(totalLine({ ...numbers, listed: false, runsTotal: 0 }, 20)).toBe('listing runs · 3 s so far');
  });

  test('the block shows some experiments and how many more there are', () => {
    const active = ['resnet50', '模型', 'c', 'd', 'e\ne', 'f'].map((name, index) => ({
      name,
      runsDone: index * 10,
      runsTotal: 1000,
    }));
    expect(blockLines(active, numbers, 100, 4)).toEqual([
      '  resnet50   0/1,000  ░░░░░░░░░░░░░░░░░░░░',
      '  模型      10/1,000  ░░░░░░░░░░░░░░░░░░░░',
      '  c         20/1,000  ░░░░░░░░░░░░░░░░░░░░',
      '  d         30/1,000  ░░░░░░░░░░░░░░░░░░░░',
      '  +2 more',
      totalLine(numbers),
    ]);
    expect(blockLines([{ name: 'a', runsDone: 5, runsTotal: 10 }], numbers, 60, 4)[0]).toBe('  a  5/10');
    expect(blockLines([{ name: 'a', runsDone: 5, runsTotal: 10 }], numbers, 80, 4)[0]).toBe(
      '  a  5/10  ██████████░░░░░░░░░░',
    );
  });
});

describe('showing progress', () => {
  test('live: at most ten times a second, whatever the rate of events, and cleared at the end', () => {
    const screen = new Screen(120, 24);
    const stop = showLive(state, new LiveBlock(screen));
    events.emit('experiment', { id: '1', name: 'a', runs: 1_000_000 });
    for (let millisecond = 0; millisecond < 2000; millisecond += 1) {
      events.emit('progress', { points: 1, artifactBytes: 0 });
      doRuns('a', 1);
      pass(1);
    }
    expect(screen.writes).toHaveLength(20);
    expect(screen.text).toContain('2,000 of 1,000,000+ runs');
    stop();
    expect(screen.text).toBe('');
    pass(10_000);
    expect(screen.writes).toHaveLength(21);
  });

  test('live: leaves experiments out where the terminal is low', () => {
    const screen = new Screen(120, 4);
    for (const name of ['a', 'b', 'c']) events.emit('experiment', { id: name, name, runs: 2 });
    const stop = showLive(state, new LiveBlock(screen));
    pass(100);
    expect(screen.text.split('\n')).toHaveLength(3);
    stop();
  });

  test('plain: soon for the first time, then more and more rarely, only if something has changed, until it is stopped', () => {
    const lines: string[] = [];
    const stop = showPlain(state, (line) => lines.push(line));
    events.emit('experiment', { id: '1', name: 'a', runs: 10 });
    const after = (...milliseconds: number[]) =>
      milliseconds.map((time) => {
        events.emit('progress', { points: 1, artifactBytes: 0 });
        pass(time);
        return lines.length;
      });
    expect(after(1_400, 200, 4_800, 200, 9_700, 400, 20_000, 40_000, 60_000)).toEqual([0, 1, 1, 2, 2, 3, 4, 5, 6]);
    expect(lines[0]).toMatch(/^0 of 10\+ runs · 2 s so far · 2 points/);
    pass(600_000);
    expect(lines).toHaveLength(6);
    stop();
    events.emit('progress', { points: 1, artifactBytes: 0 });
    pass(600_000);
    expect(lines).toHaveLength(6);
  });

  test('tells while it waits for the source: live, what it waits for; plain, nothing', () => {
    const screen = new Screen(80, 24);
    const lines: string[] = [];
    const stops = [showLive(state, new LiveBlock(screen)), showPlain(state, (line) => lines.push(line))];
    events.emit('source', { available: false, code: 'not-found', message: 'It is not there.' });
    pass(3_000);
    expect(screen.text).toBe('waiting for the source · 3 s so far');
    events.emit('source', { available: true, message: 'It is there now.' });
    events.emit('experiment', { id: '1', name: 'a', runs: 10 });
    pass(10_000);
    expect(screen.text).toContain('0 of 10+ runs');
    expect(lines).toEqual([expect.stringMatching(/^0 of 10\+ runs/)]);
    for (const stop of stops) stop();
  });
});
