import { beforeEach, describe, expect, test } from '@jest/globals';
import { main } from '../../src/cli/main.js';
import { ConvertError } from '../../src/errors.js';
import { makeRun } from '../report/make-run.js';
import { FakeIo } from './fake-io.js';

let io: FakeIo;
beforeEach(() => {
  io = new FakeIo();
});

const sync = (...flags: string[]) => main(['sync', '--tracking_uri', 'a-store', ...flags], io);

/** A watch that is up to date, sees a run change, one fail and one go, and is stopped. */
const eventful: FakeIo['watch'] = async (_options, events, signal) => {
  events.emit('start', { source: 'a-store', repo: '.' });
  events.emit('run:done', makeRun());
  events.emit('watching', { how: 'events', active: 1, nextWithin: 60 });
  events.emit('run:done', makeRun({ runName: 'owl', outcome: 'updated', active: true, counts: { points: 5 } }));
  events.emit('run:done', makeRun({ runHash: 'bad', runId: 'bad', outcome: 'failed', reason: 'It broke.' }));
  events.emit('run:deleted', { runId: 'old', runHash: 'old', experiment: 'e', action: 'archived' });
  events.emit('pass', { complete: false, runs: 2, changed: 1, active: 1, seconds: 0.1, lag: 0.5 });
  events.emit('source', { available: false, code: 'unreachable', message: 'It is down.' });
  events.emit('source', { available: true, message: 'It is back.' });
  io.signals.emit('SIGTERM');
  expect(signal.aborted).toBe(true);
};

describe('a watch', () => {
  test('that is stopped ends with 0, and has told in few lines what it saw', async () => {
    io.watch = eventful;
    expect(await sync()).toBe(0);
    expect(io.stdout.text).toBe('');
    const lines = io.stderr.text.trimEnd().split('\n');
    for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ /);
    expect(lines.map((line) => line.slice(21))).toEqual([
      'Up to date. Runs: 1 new · 1 active. Watching for changes; Ctrl-C stops.',
      'error: bad of resnet50: It broke.',
      'deleted in MLflow, archived in Aim: old of e',
      'warning: It is down.',
      'It is back.',
      'Stopping after the current writes. Press Ctrl-C again to stop immediately.',
      '1 active run changed (owl): +5 points, at most 0.5 s behind',
      'Stopped. The repository holds only whole runs; the next watch goes on from here.',
    ]);
  });

  test('says when it is up to date what could not be read', async () => {
    io.watch = async (_options, events) => {
      const incomplete = [{ part: 'artifacts', why: 'It is gone.' } as const];
      events.emit('run:done', makeRun({ outcome: 'unchanged', incomplete }));
      events.emit('watching', { how: 'events', active: 0, nextWithin: 60 });
    };
    expect(await sync()).toBe(0);
    expect(io.stderr.text).toMatch(/Z Up to date\..*\n.*Z 1 run could not be read completely;/);
    expect(await sync('--log-format', 'json')).toBe(0);
    expect(io.stdout.text).toContain('"runsIncomplete":1');
  });

  test('tells programs each change that is not one of many', async () => {
    io.watch = eventful;
    expect(await sync('--log-format', 'json')).toBe(0);
    const lines = io.stdout.text.trim().split('\n');
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(({ event, outcome }) => [event, outcome].filter(Boolean).join(' '))).toEqual([
      'start',
      'run new',
      'watching',
      'run failed',
      'deleted',
      'source',
      'source',
      'changes',
      'summary',
    ]);
    expect(events.at(-2)).toMatchObject({ runsUpdated: 1, runsFailed: 1, runsDeleted: 1, runsActive: 1, lag: 0.5 });
    expect(events.at(-1)).toMatchObject({ ending: 'stopped', runsDeleted: { archived: 1, removed: 0, kept: 0 } });
  });

  test('says on request only what failed', async () => {
    io.watch = eventful;
    expect(await sync('--quiet')).toBe(0);
    expect(io.stderr.text).toContain('It broke.');
    expect(io.stderr.text).not.toMatch(/Up to date|changed|It is/);
  });

  test('that gets a second signal ends at once', async () => {
    io.watch = async () => {
      io.signals.emit('SIGTERM');
      io.signals.emit('SIGTERM');
    };
    await sync();
    expect(io.exits).toEqual([143]);
  });

  test('that cannot begin ends with 1', async () => {
    io.watch = async () => {
      throw new ConvertError('fatal', 'unexpected', 'The store is of another kind.');
    };
    expect(await sync()).toBe(1);
    expect(io.stderr.text).toMatch(/^\S+Z error: The store is of another kind\.\n$/);
  });

  test('serves its numbers while it lasts', async () => {
    let url = '';
    io.watch = async (_options, events) => {
      url = /http:\S+(?=\.\n)/.exec(io.stderr.text)![0];
      events.emit('watching', { how: 'events', active: 5, nextWithin: 60 });
      expect(await (await fetch(`${url}/metrics`)).text()).toContain('mlflow2aim_runs_active 5');
    };
    expect(await sync('--listen', '127.0.0.1:0')).toBe(0);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await expect(fetch(`${url}/metrics`)).rejects.toThrow();
  });
});

describe('status', () => {
  test('prints what it knows, and ends with 0 whatever that is', async () => {
    expect(await main(['status', '--repo', '/data/aim'], io)).toBe(0);
    expect(io.stdout.text).toContain('Aim repository in /data/aim\n');
    expect(await main(['status', '--json'], io)).toBe(0);
  });

  test('ends with 1 and a sentence where it knows nothing', async () => {
    io.readStatus = async () => {
      throw new ConvertError('fatal', 'unexpected', 'There is no Aim repository in /x.');
    };
    expect(await main(['status'], io)).toBe(1);
    expect(io.stderr.text).toBe('error: There is no Aim repository in /x.\n');
  });
});
