import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Repository } from '../../src/aim/repository.js';
import { ConvertError, type ErrorCode } from '../../src/errors.js';
import { Ledger } from '../../src/state/ledger.js';
import { readStatus, type SourceStatus } from '../../src/state/status.js';
import { SyncJournal } from '../../src/state/sync-journal.js';
import { makeRun } from '../report/make-run.js';
import { temporaryDirectory } from '../support/temporary.js';

const HOUR = 3_600_000;
const NOW = 1_700_000_000_000;

let repository: Repository;
let journal: SyncJournal;
let now: number;

beforeEach(() => {
  now = NOW;
  jest.spyOn(Date, 'now').mockImplementation(() => now);
  repository = Repository.open(temporaryDirectory());
  Ledger.open(repository.ledgerFile).close();
  journal = open();
});
afterEach(() => {
  journal.close();
  jest.restoreAllMocks();
});

const open = () => SyncJournal.open(repository.ledgerFile, 'mlruns');

async function status(): Promise<SourceStatus | undefined> {
  return (await readStatus(dirname(repository.path))).sources.find(({ source }) => source === 'mlruns');
}

const failed = (reason: string, code: ErrorCode = 'damaged-file') => makeRun({ outcome: 'failed', code, reason });
const DENIED = { id: '3', code: 'permission-denied', message: 'Experiment 3 could not be read.' } as const;
const DAMAGED = { id: '4', code: 'damaged-file', message: 'Experiment 4 could not be read.' } as const;
const written = () => makeRun({ outcome: 'updated' });

describe('after a complete pass, status', () => {
  test('tells when it was, and by when the next one should be over', async () => {
    journal.passed({ complete: true, nextWithin: 60_000 });
    const found = await status();
    expect(found).toMatchObject({ lastSyncedAt: NOW, completeAt: NOW, nextWithin: 60_000, failed: 0 });
    expect(found).not.toHaveProperty('changedAt');
  });

  test('tells when something was written last', async () => {
    journal.note(written());
    journal.passed({ complete: true });
    now += 10_000;
    journal.passed({ complete: true });
    expect(await status()).toMatchObject({ lastSyncedAt: NOW + 10_000, changedAt: NOW });
  });

  test('names experiments that could not be read, until they can', async () => {
    journal.passed({ complete: true, failures: [DENIED] });
    now += 10_000;
    journal.passed({ complete: true, failures: [DENIED, DAMAGED] });
    expect((await status())!.failedExperiments).toMatchObject([
      { ...DENIED, since: NOW },
      { ...DAMAGED, since: NOW + 10_000 },
    ]);
    now += 10_000;
    journal.passed({ complete: true });
    expect((await status())!.failedExperiments).toEqual([]);
  });
});

test('after a pass over a part of the runs, status tells when that was but not that all was read', async () => {
  journal.passed({ complete: true, nextWithin: 60_000 });
  now += 10_000;
  journal.note(written());
  journal.passed({ complete: false });
  expect(await status()).toMatchObject({ lastSyncedAt: NOW + 10_000, completeAt: NOW, changedAt: NOW + 10_000 });
});

test('after a pass of a watch over the chosen runs, status tells when the next is due but not that all was read', async () => {
  journal.passed({ complete: false, nextWithin: 60_000 });
  expect(await status()).toMatchObject({ lastSyncedAt: NOW, nextWithin: 60_000 });
  expect(await status()).not.toHaveProperty('completeAt');
  now += 10;
  journal.passed({ complete: false, nextWithin: 30_000 });
  expect(await status()).toMatchObject({ lastSyncedAt: NOW + 10, nextWithin: 30_000 });
});

describe('a run that fails', () => {
  test('is named with its reason, and since when that is', async () => {
    journal.note(failed('It broke.'));
    journal.passed({ complete: false });
    now += 10_000;
    journal.note(failed('It broke again.'));
    journal.passed({ complete: false });
    expect(await status()).toMatchObject({
      failed: 1,
      outdatedRuns: [{ code: 'damaged-file', reason: 'It broke again.', since: NOW }],
    });
    now += 10_000;
    journal.note(failed('Something else.', 'unreachable'));
    journal.passed({ complete: false });
    expect((await status())!.outdatedRuns).toMatchObject([{ code: 'unreachable', since: NOW + 20_000 }]);
  });

  test.each(['updated', 'unchanged'] as const)('is no longer named when it is %s', async (outcome) => {
    journal.note(failed('It broke.'));
    journal.passed({ complete: true });
    journal.note(makeRun({ outcome }));
    journal.passed({ complete: true });
    expect(await status()).toMatchObject({ failed: 0, outdatedRuns: [] });
  });

  test('is no longer named, even by another process, when it succeeds or a complete pass does not meet it', async () => {
    journal.note(failed('It broke.'));
    journal.note(makeRun({ runId: 'b', runHash: 'b', outcome: 'failed', reason: 'It broke.' }));
    journal.passed({ complete: true });
    journal.close();
    await new Promise((resume) => setImmediate(resume));
    jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 1_000);
    journal = open();
    journal.note(written());
    journal.passed({ complete: false });
    expect((await status())!.outdatedRuns).toMatchObject([{ runId: 'b' }]);
    journal.passed({ complete: true });
    expect((await status())!.outdatedRuns).toEqual([]);
  });

  test('is not named if MLflow has deleted it', async () => {
    journal.note(makeRun({ outcome: 'skipped', code: 'deleted' }));
    journal.passed({ complete: true });
    expect(await status()).toMatchObject({ skipped: 0, outdatedRuns: [] });
  });
});

describe('a pass that fails', () => {
  test('is told with the last error and the time of the first, until a pass succeeds', async () => {
    journal.passed({ complete: true, nextWithin: 60_000 });
    now += 10_000;
    journal.failed(new ConvertError('fatal', 'unreachable', 'The server is down.', { hint: 'Start it.' }));
    now += 10_000;
    journal.failed(new Error('The server is slow.'));
    expect(await status()).toMatchObject({
      lastSyncedAt: NOW,
      error: { code: 'unexpected', message: 'The server is slow.', since: NOW + 10_000 },
    });
    now += 10_000;
    journal.close();
    journal = open(); // as a watch does after a failure
    journal.passed({ complete: false });
    expect(await status()).not.toHaveProperty('error');
  });

  test('is told as the sentence of its error', async () => {
    journal.failed(new ConvertError('fatal', 'unreachable', 'The server is down.', { hint: 'Start it.' }));
    expect((await status())?.error).toMatchObject({ code: 'unreachable', message: 'The server is down. Start it.' });
  });
});

test('after the end of a watch, status expects no further pass', async () => {
  journal.passed({ complete: true, nextWithin: 60_000 });
  journal.ended();
  expect(await status()).not.toHaveProperty('nextWithin');
});

test('a pass after the clock was set back is the last one', async () => {
  journal.passed({ complete: true });
  now -= 2 * HOUR;
  journal.passed({ complete: true });
  expect(await status()).toMatchObject({ lastSyncedAt: NOW - 2 * HOUR, completeAt: NOW - 2 * HOUR });
});

test('a failed run from before the clock was set back is not named for ever', async () => {
  const clock = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 2 * HOUR);
  journal.note(failed('It broke.'));
  journal.passed({ complete: true });
  journal.close();
  clock.mockRestore();
  journal = open();
  journal.passed({ complete: true });
  expect((await status())!.outdatedRuns).toEqual([]);
});

test('a journal whose database is closed or cannot be opened is ignored', async () => {
  journal.close();
  for (const closed of [journal, SyncJournal.open(temporaryDirectory(), 'mlruns')]) {
    closed.note(failed('It broke.'));
    closed.passed({ complete: true });
    closed.failed(new Error('The server is down.'));
    closed.ended();
    closed.close();
  }
  expect(await status()).toBeUndefined();
});
