import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { PollSchedule } from '../../src/watch/poll-schedule.js';

const INTERVAL = 10_000;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A look that takes so long, milliseconds. */
function look(pace: PollSchedule, at: 'all' | 'what goes on', duration: number): void {
  const began = performance.now();
  jest.advanceTimersByTime(duration);
  pace.looked(began, at);
}

describe('where one can look at what goes on', () => {
  test('a look at all is followed by narrow ones for four times as long', () => {
    const pace = new PollSchedule(INTERVAL, true);
    expect(pace.isNarrow).toBe(false);
    look(pace, 'all', 500);
    expect(pace.isNarrow).toBe(true);
    jest.advanceTimersByTime(1999);
    expect(pace.isNarrow).toBe(true);
    jest.advanceTimersByTime(1);
    expect(pace.isNarrow).toBe(false);
  });

  test('hints are followed at once behind a look at all, and after a rest behind a narrow one', () => {
    const pace = new PollSchedule(INTERVAL, true);
    look(pace, 'all', 500);
    expect(pace.notBefore).toBeLessThanOrEqual(performance.now());
    look(pace, 'what goes on', 100);
    expect(pace.notBefore).toBe(performance.now() + 400);
  });

  test('narrow looks do not put the next look at all off', () => {
    const pace = new PollSchedule(INTERVAL, true);
    look(pace, 'all', 500);
    for (let i = 0; i < 4; i++) look(pace, 'what goes on', 500);
    expect(pace.isNarrow).toBe(false);
  });
});

test('where one cannot, hints wait after every look', () => {
  const pace = new PollSchedule(INTERVAL, false);
  look(pace, 'all', 500);
  expect(pace.isNarrow).toBe(false);
  expect(pace.notBefore).toBe(performance.now() + 2000);
});

test('without a hint the next look is due after the interval, or as long as the last one took', () => {
  const pace = new PollSchedule(INTERVAL, true);
  look(pace, 'all', 500);
  expect(pace.next).toBe(performance.now() + INTERVAL);
  look(pace, 'all', 60_000);
  expect(pace.next).toBe(performance.now() + 60_000);
});
