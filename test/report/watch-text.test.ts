import { expect, test } from '@jest/globals';
import { ConvertEvents } from '../../src/events.js';
import { WatchState } from '../../src/report/watch-state.js';
import { changesLine, standingLine, watchingLine } from '../../src/report/watch-text.js';
import { makeRun } from './make-run.js';

test('changes are added up until they are taken, a run counts once', () => {
  const events = new ConvertEvents();
  const state = new WatchState(events);
  const incomplete = [{ part: 'artifacts', why: 'It is gone.' } as const];
  events.emit('run:done', makeRun({ runHash: 'before', incomplete }));
  expect([state.isWatching, state.take()]).toEqual([false, undefined]);
  events.emit('watching', { how: 'events', active: 1, nextWithin: 60 });
  for (const outcome of ['new', 'updated', 'updated'] as const) {
    events.emit('run:done', makeRun({ runHash: 'a', outcome }));
  }
  events.emit('run:done', makeRun({ runHash: 'b', outcome: 'updated' }));
  events.emit('run:done', makeRun({ runHash: 'c', outcome: 'failed' }));
  events.emit('run:deleted', { runId: 'd', runHash: 'd', experiment: 'e', action: 'kept' });
  const pass = { complete: false, runs: 1, changed: 1, seconds: 0.1 };
  events.emit('pass', { ...pass, active: 4, lag: 0.5 });
  events.emit('pass', { ...pass, active: 3, lag: 0.4 });
  const changes = { runsNew: 1, runsUpdated: 1, runsFailed: 1, runsDeleted: 1, runsActive: 3, lag: 0.5 };
  expect(state.take()).toEqual(changes);
  expect(changesLine(changes)).toBe(
    'Runs: 1 new · 1 updated · 1 failed · 1 deleted in MLflow · 3 active · 0.5 s behind',
  );
  expect([state.take(), state.runsActive, state.runsIncomplete]).toEqual([undefined, 3, 1]);
});

test('how a watch stands', () => {
  const none = { new: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0 };
  expect(watchingLine('events', 1, { ...none, new: 1200, unchanged: 2 })).toBe(
    'Up to date. Runs: 1,200 new · 2 unchanged · 1 active. Watching for changes; Ctrl-C stops.',
  );
  expect(watchingLine('polling', 0, none)).toBe('Up to date. Runs: 0 active. Polling for changes; Ctrl-C stops.');
  expect(standingLine(1, undefined)).toBe('Watching · 1 active run · no changes yet');
  expect(standingLine(2, 65)).toBe('Watching · 2 active runs · last change 1 min 05 s ago');
});
