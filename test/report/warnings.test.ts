import { beforeEach, describe, expect, test } from '@jest/globals';
import { ConvertEvents } from '../../src/events.js';
import type { Notice } from '../../src/model.js';
import { fileExtension, noticeLines } from '../../src/report/notice-text.js';
import { Warnings } from '../../src/report/warnings.js';
import { makeRun } from './make-run.js';

function skipped(path: string, reason: 'no-kind' | 'too-large' = 'no-kind', size?: number): Notice {
  return { kind: 'artifact-skipped', path, reason, detail: '', ...(size === undefined ? {} : { size }) };
}

let events: ConvertEvents;
let lines: string[];
let warnings: Warnings;

beforeEach(() => {
  events = new ConvertEvents();
  lines = [];
  warnings = new Warnings(events, (text) => lines.push(text));
});

describe('notices as lines', () => {
  test('files are one line for each reason and extension', () => {
    const notices = [skipped('model/a.pkl'), skipped('b.PKL'), skipped('c.pt'), skipped('big.png', 'too-large', 2e8)];
    expect(noticeLines(notices).map(({ text }) => text)).toEqual([
      '2 files of no kind that Aim shows were not transferred: model/a.pkl and 1 more.',
      '1 file of no kind that Aim shows was not transferred: c.pt.',
      '1 file over the size limit was not transferred: big.png of 200 MB.',
    ]);
  });

  test('every kind has words of its own', () => {
    const notices: Notice[] = [
      { kind: 'line-skipped', metric: 'loss', file: 'metrics/loss', line: 7, reason: 'not a number' },
      { kind: 'points-collapsed', metric: 'loss', points: 3 },
      { kind: 'points-collapsed', metric: 'acc', points: 4 },
      { kind: 'metric-renumbered', metric: 'f1', points: 9 },
      { kind: 'artifacts-unreachable', uri: 's3://bucket/x', detail: 'no such bucket.' },
      { kind: 'text-replaced', path: 'log.txt' },
      { kind: 'field-unreadable', field: 'end_time', file: 'meta.yaml', detail: 'not a time' },
      { kind: 'stale', lastSign: 0 },
    ];
    expect(noticeLines(notices).map(({ text }) => text)).toEqual([
      '1 metric line could not be read: metrics/loss:7 (not a number).',
      '7 points gave way to a later one at the same step: metric loss and 1 more.',
      '1 metric got new steps, 0, 1, 2 … in order of arrival: f1.',
      'The artifacts at s3://bucket/x could not be reached: no such bucket. --accept-missing says that they are gone for good.',
      '1 text held bytes that are not UTF-8; they became U+FFFD: log.txt.',
      '1 field could not be read: end_time in meta.yaml (not a time).',
      'It still says RUNNING, but gave no sign of life since 1970-01-01T00:00:00.000Z; it was closed at that time.',
    ]);
  });

  test.each([
    ['a/b.PKL', '.pkl'],
    ['a.b/model', ''],
    ['.hidden', ''],
    ['x.averyveryverylongending', ''],
    ['x.tar.gz', '.gz'],
  ])('the extension of %p is %p', (path, extension) => expect(fileExtension(path)).toBe(extension));
});

describe('warnings', () => {
  test('name the run', () => {
    events.emit('run:done', makeRun({ runId: 'r1', runName: 'owl', notices: [skipped('a.pkl')] }));
    expect(lines).toEqual(['Run r1 (owl): 1 file of no kind that Aim shows was not transferred: a.pkl.']);
  });

  test('are five of a kind at most; the rest is counted', () => {
    for (let index = 0; index < 1000; index += 1) {
      events.emit('run:done', makeRun({ notices: [skipped('a.pkl'), skipped('b.pt')] }));
    }
    events.emit('run:done', makeRun({ notices: [skipped('c.png', 'too-large')] }));
    expect(lines).toHaveLength(6);
    expect(warnings.untold).toBe(1995);
    warnings.close('out.json');
    expect(lines.at(-1)).toBe('1,995 more warnings: see out.json.');
  });

  test('of runs are twenty lines at most, and so are those of the conversion', () => {
    const notices: Notice[] = [
      skipped('a.pkl'),
      skipped('b.png', 'too-large'),
      { kind: 'points-collapsed', metric: 'm', points: 1 },
      { kind: 'metric-renumbered', metric: 'm', points: 1 },
      { kind: 'text-replaced', path: 'x' },
      { kind: 'stale', lastSign: 0 },
    ];
    for (let index = 0; index < 100; index += 1) {
      events.emit('run:done', makeRun({ notices }));
      events.emit('warning', { code: 'polling', message: `about it all ${index}` });
    }
    expect(lines.filter((line) => line.startsWith('Run '))).toHaveLength(20);
    expect(lines.filter((line) => line.startsWith('about'))).toHaveLength(20);
    warnings.close(undefined);
    expect(lines.at(-1)).toBe('660 more warnings: run with --report FILE.json to see all of them.');
  });

  test('say nothing at the end when all was told', () => {
    events.emit('warning', { code: 'polling', message: 'something' });
    warnings.close(undefined);
    expect(lines).toEqual(['something']);
  });
});
