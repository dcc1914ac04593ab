import { expect, test } from '@jest/globals';
import { statusRecord } from '../../src/report/status-record.js';
import { statusLines } from '../../src/report/status-text.js';
import type { Status } from '../../src/state/status.js';

const NOW = Date.UTC(2026, 2, 1, 9, 0, 0);

const EMPTY = {
  runs: 0,
  active: 0,
  deleted: 0,
  outdatedRuns: [],
  failed: 0,
  skipped: 0,
  incomplete: 0,
  withWarnings: 0,
  failedExperiments: [],
};

const STATUS: Status = {
  repo: '/data/aim',
  writer: { pid: 7, host: 'box', since: '2026-03-01T08:00:00.000Z' },
  sources: [
    {
      source: '/data/mlruns',
      runs: 1234,
      active: 2,
      deleted: 1,
      lastSyncedAt: NOW - 2_500,
      completeAt: NOW - 30_000,
      changedAt: NOW - 90_000,
      error: { code: 'unreachable', message: 'It is down.', since: NOW - 1_000 },
      outdatedRuns: [
        { runId: 'a', runName: 'n\x1b', experiment: 'e', outcome: 'failed', reason: 'It broke.', since: NOW - 5_000 },
      ],
      failed: 2,
      skipped: 0,
      incomplete: 2,
      withWarnings: 0,
      incompleteRuns: [
        {
          runId: 'b',
          runName: 'owl',
          experiment: 'e',
          unread: [{ part: 'artifacts', why: 'It does not exist.', reason: 'missing' }],
          artifacts: '/mnt/nas/b/artifacts',
        },
        {
          runId: 'c',
          experiment: 'e',
          unread: ['u', 'v', 'w', 'x', 'y', 'z'].map((item) => ({ part: 'params', item, why: 'No rights.' })),
        },
      ],
      failedExperiments: [{ id: '7', code: 'io-error', message: 'Experiment 7 cannot be read.', since: NOW - 3_000 }],
    },
    { ...EMPTY, source: 'http://h' },
    { ...EMPTY, source: 'http://i', incomplete: 3 },
  ],
  accepted: ['s3://gone'],
};

test('a status for people', () => {
  expect(statusLines(STATUS, NOW)).toEqual([
    'Aim repository in /data/aim',
    'mlflow2aim with process id 7 on box is writing it, since 2026-03-01T08:00:00.000Z.',
    'Accepted as missing:',
    '  s3://gone',
    '',
    'From /data/mlruns',
    '  1,234 runs · 2 active · 1 deleted in MLflow · 2 failed · 2 incomplete',
    '  Last read 2.5 s ago, last written 1 min 30 s ago.',
    '  Cannot be read since 2026-03-01 08:59:59: It is down.',
    '  Not read since 2026-03-01 08:59:57: Experiment 7 cannot be read.',
    '  Runs that are not up to date:',
    '    a (n ) of e: It broke. (failed since 2026-03-01 08:59:55)',
    '    and 1 more',
    '  Runs that could not be read completely. Aim keeps what it had of the missing parts; each conversion tries again:',
    '    b (owl) of e:',
    '      artifacts at /mnt/nas/b/artifacts: It does not exist. Mount or restore them, or name their new place with --artifacts-destination.',
    '    c of e:',
    '      params u: No rights.',
    '      params v: No rights.',
    '      params w: No rights.',
    '      params x: No rights.',
    '      params y: No rights.',
    '      and 1 more',
    '    To stop hearing of what is gone for good: convert --accept-missing RUN_ID, or a path or URI above it.',
    '',
    'From http://h',
    '  0 runs · 0 active',
    '  Never read to the end.',
    '',
    'From http://i',
    '  0 runs · 0 active · 3 incomplete',
    '  Never read to the end.',
    '  3 runs could not be read completely; see status --incomplete.',
  ]);
  expect(statusLines({ repo: '/r', sources: [], accepted: [] }, NOW)).toEqual([
    'Aim repository in /r',
    'No mlflow2aim is writing it.',
    'Nothing has been converted into it yet.',
  ]);
});

test('a status says where only chosen runs were read', () => {
  const told = (times: { readonly lastSyncedAt?: number; readonly completeAt?: number }) =>
    statusLines({ repo: '/r', accepted: [], sources: [{ ...EMPTY, source: 's', ...times }] }, NOW).slice(5);
  const lastSyncedAt = NOW - 1_000;
  expect(told({ lastSyncedAt })).toEqual(['  Last read 1.0 s ago.', '  Only chosen runs were ever read.']);
  expect(told({ lastSyncedAt, completeAt: NOW - 7_200_000 })).toEqual([
    '  Last read 1.0 s ago.',
    '  All of it was read 2 h 00 min ago; since then, only chosen runs.',
  ]);
  expect(told({ lastSyncedAt, completeAt: NOW - 90_000 })).toEqual(['  Last read 1.0 s ago.']);
});

const WARNED: Status = {
  repo: '/r',
  accepted: [],
  sources: [
    {
      ...EMPTY,
      source: '/data/mlruns',
      withWarnings: 2,
      warnings: [
        {
          runId: 'a',
          runName: 'owl\x1b',
          experiment: 'e',
          notices: [
            { kind: 'artifact-skipped', path: 'model/a.pkl', reason: 'no-kind', detail: '' },
            { kind: 'metric-renumbered', metric: 'loss', points: 3 },
          ],
          noticesMore: 1200,
        },
        { runId: 'b', experiment: 'e', notices: [{ kind: 'text-replaced', path: 'log.txt' }] },
      ],
    },
  ],
};

test('what was changed or left behind is told by kind, and run by run', () => {
  expect(statusLines(WARNED, NOW).slice(6)).toEqual([
    '  Changed on the way, or left in MLflow:',
    '    Run b: 1 text held bytes that are not UTF-8; they became U+FFFD. The first: log.txt.',
    '    Run owl : 1 file stays in MLflow as a link (1 .pkl).',
    '    Run owl : 1 metric got new steps, 0, 1, 2 … in order of arrival.',
    '  Run by run:',
    '    owl  (a) of e:',
    '      1 file that Aim cannot show stays in MLflow as a link: model/a.pkl.',
    '      1 metric got new steps, 0, 1, 2 … in order of arrival: loss.',
    '      and 1,200 more notices that are not kept',
    '    b of e:',
    '      1 text held bytes that are not UTF-8; they became U+FFFD: log.txt.',
  ]);
  const { warnings: _, ...counted } = WARNED.sources[0]!;
  expect(statusLines({ ...WARNED, sources: [counted] }, NOW).at(-1)).toBe(
    '  Something of 2 runs was changed or left in MLflow; see status --warnings.',
  );
  expect(statusLines({ ...WARNED, sources: [{ ...EMPTY, source: 's', warnings: [] }] }, NOW).at(-1)).toBe(
    '  Nothing was changed or left in MLflow.',
  );
  expect(statusRecord(WARNED, NOW)).toMatchObject({
    sources: [{ withWarnings: 2, warnings: [{ runId: 'a', noticesMore: 1200 }, { runId: 'b' }] }],
  });
});

test('a status for programs', () => {
  expect(statusRecord(STATUS, NOW)).toMatchObject({
    repo: '/data/aim',
    writer: { pid: 7 },
    sources: [
      {
        source: '/data/mlruns',
        runs: 1234,
        lastSyncedAt: '2026-03-01T08:59:57.500Z',
        behindSeconds: 2.5,
        error: { code: 'unreachable', message: 'It is down.', since: '2026-03-01T08:59:59.000Z' },
        outdatedRuns: [{ runId: 'a', since: '2026-03-01T08:59:55.000Z' }],
        incomplete: 2,
        incompleteRuns: [{ runId: 'b', unread: [{ part: 'artifacts', reason: 'missing' }] }, { runId: 'c' }],
        failedExperiments: [
          { id: '7', code: 'io-error', message: 'Experiment 7 cannot be read.', since: '2026-03-01T08:59:57.000Z' },
        ],
      },
      { lastSyncedAt: null, changedAt: null, behindSeconds: null, error: null },
      { incomplete: 3 },
    ],
    accepted: ['s3://gone'],
  });
  expect(statusRecord({ repo: '/r', sources: [], accepted: [] }, NOW)).toEqual({
    repo: '/r',
    writer: null,
    sources: [],
    accepted: [],
  });
});

test('a watch from which nothing has come for too long is told, unless something has failed', () => {
  const watched = {
    ...EMPTY,
    source: '/data/mlruns',
    lastSyncedAt: NOW - 70_000,
    completeAt: NOW - 80_000,
    nextWithin: 60_000,
  };
  const { writer } = STATUS;
  const stalled = (status: Partial<Status>) => {
    const whole: Status = { repo: '/data/aim', sources: [watched], accepted: [], ...status };
    const text = statusLines(whole, NOW).some((line) => line.includes('should have read it again by now'));
    expect(statusRecord(whole, NOW)).toMatchObject({
      sources: [{ stalled: text, completeAt: '2026-03-01T08:58:40.000Z' }],
    });
    return text;
  };
  expect(stalled({ writer: writer! })).toBe(true);
  expect(stalled({})).toBe(false);
  expect(stalled({ writer: writer!, sources: [{ ...watched, nextWithin: 90_000 }] })).toBe(false);
  const error = { code: 'unreachable', message: 'It is down.', since: NOW } as const;
  expect(stalled({ writer: writer!, sources: [{ ...watched, error }] })).toBe(false);
});
