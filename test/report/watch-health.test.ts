import { beforeEach, describe, expect, test } from '@jest/globals';
import { ConvertEvents } from '../../src/events.js';
import { WatchHealth } from '../../src/report/watch-health.js';
import { makeRun } from './make-run.js';

let now: number;
let events: ConvertEvents;
let watch: WatchHealth;

beforeEach(() => {
  now = 1_000;
  events = new ConvertEvents();
  watch = new WatchHealth(events, () => now);
});

const statusAfter = (seconds: number) => {
  now += seconds * 1_000;
  return watch.health.status;
};
const pass = { complete: true, runs: 1, changed: 0, active: 0, seconds: 1 };

describe('the health of a watch', () => {
  test('is that of the last look, as long as the next may take', () => {
    events.emit('watching', { how: 'polling', active: 0, nextWithin: 60 });
    expect([statusAfter(60), statusAfter(1)]).toEqual(['ok', 'stalled']);
    expect(watch.health.message).toBe('Nothing has come from the source for 61 s; something holds the watch up.');
    events.emit('pass', { ...pass, nextWithin: 600 });
    expect([statusAfter(600), statusAfter(1)]).toEqual(['ok', 'stalled']);
    expect(watch.age).toBe(601);
  });

  test('is good as long as something comes, however long a look takes', () => {
    events.emit('watching', { how: 'polling', active: 0, nextWithin: 60 });
    for (let i = 0; i < 10; i++) {
      expect(statusAfter(50)).toBe('ok');
      events.emit('progress', { points: i % 2, artifactBytes: 1 - (i % 2) });
      expect(statusAfter(50)).toBe('ok');
      events.emit('pass', { ...pass, complete: false });
    }
    events.emit('progress', { points: 0, artifactBytes: 0 });
    expect(statusAfter(61)).toBe('stalled');
  });

  test('at the first look, too', () => {
    expect([statusAfter(899), statusAfter(2)]).toEqual(['starting', 'stalled']);
    events.emit('run:ready', makeRun());
    expect([statusAfter(899), statusAfter(2)]).toEqual(['starting', 'stalled']);
  });

  test('is to wait for what has failed, until it works again', () => {
    events.emit('watching', { how: 'polling', active: 0, nextWithin: 60 });
    events.emit('source', { available: false, code: 'unreachable', message: 'It is down.' });
    expect([statusAfter(1_000), watch.health.message]).toEqual(['waiting', 'It is down.']);
    events.emit('source', { available: true, message: '' });
    expect([statusAfter(60), statusAfter(1)]).toEqual(['ok', 'stalled']);
  });
});
