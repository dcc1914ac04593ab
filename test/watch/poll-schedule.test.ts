import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { PollSchedule } from '../../src/watch/poll-schedule.js';

const INTERVAL = 10_000;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A poll that takes so long, milliseconds. */
function poll(schedule: PollSchedule, what: 'all' | 'active', duration: number): void {
  const began = performance.now();
  jest.advanceTimersByTime(duration);
  schedule.polled(began, what);
}

describe('a source that can be asked for its active runs', () => {
  test('has its active runs polled for four times as long as polling everything took', () => {
    const schedule = new PollSchedule(INTERVAL, true);
    expect(schedule.isActiveOnly).toBe(false);
    poll(schedule, 'all', 500);
    expect(schedule.isActiveOnly).toBe(true);
    jest.advanceTimersByTime(1999);
    expect(schedule.isActiveOnly).toBe(true);
    jest.advanceTimersByTime(1);
    expect(schedule.isActiveOnly).toBe(false);
  });

  test('has changes followed at once after a poll of everything, and after a rest when only active runs were polled', () => {
    const schedule = new PollSchedule(INTERVAL, true);
    poll(schedule, 'all', 500);
    expect(schedule.notBefore).toBeLessThanOrEqual(performance.now());
    poll(schedule, 'active', 100);
    expect(schedule.notBefore).toBe(performance.now() + 400);
  });

  test('has its next complete poll not put off by polls of the active runs', () => {
    const schedule = new PollSchedule(INTERVAL, true);
    poll(schedule, 'all', 500);
    for (let i = 0; i < 4; i++) poll(schedule, 'active', 500);
    expect(schedule.isActiveOnly).toBe(false);
  });
});

test('a source that cannot be asked for its active runs rests after every poll', () => {
  const schedule = new PollSchedule(INTERVAL, false);
  poll(schedule, 'all', 500);
  expect(schedule.isActiveOnly).toBe(false);
  expect(schedule.notBefore).toBe(performance.now() + 2000);
});

test('without a change the next poll is due after the interval, or after as long as the last one took', () => {
  const schedule = new PollSchedule(INTERVAL, true);
  poll(schedule, 'all', 500);
  expect(schedule.next).toBe(performance.now() + INTERVAL);
  poll(schedule, 'all', 60_000);
  expect(schedule.next).toBe(performance.now() + 60_000);
});
