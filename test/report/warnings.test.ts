import { beforeEach, describe, expect, test } from '@jest/globals';
import { ConvertEvents } from '../../src/events.js';
import type { ArtifactSkipReason, Notice } from '../../src/model.js';
import { noticeLines } from '../../src/report/notice-text.js';
import { Warnings } from '../../src/report/warnings.js';
import { fileExtension } from '../../src/summary/file-extension.js';
import { makeRun } from './make-run.js';

function skipped(path: string, reason: ArtifactSkipReason = 'no-kind', size?: number): Notice {
  return { kind: 'artifact-skipped', path, reason, detail: 'It is so.', ...(size === undefined ? {} : { size }) };
}

const sentences = (notices: readonly Notice[]) => noticeLines(notices).map(({ text }) => text);

let events: ConvertEvents;
let lines: string[];
let warnings: Warnings;

function listen(each = false): void {
  events = new ConvertEvents();
  lines = [];
  warnings = new Warnings(events, { print: (text, level) => lines.push(`${level}: ${text}`), each });
}

beforeEach(() => listen());

describe('notices of one run as sentences', () => {
  test('files are one sentence for each reason and extension, and links are not called lost', () => {
    const notices = [skipped('model/a.pkl'), skipped('b.PKL'), skipped('c.pt'), skipped('big.png', 'too-large', 2e8)];
    expect(sentences(notices)).toEqual([
      '2 files that Aim cannot show stay in MLflow as links: model/a.pkl and 1 more.',
      '1 file that Aim cannot show stays in MLflow as a link: c.pt.',
      '1 file over the size limit stays in MLflow as a link: big.png of 200 MB.',
    ]);
    expect(sentences([skipped('x.png', 'unreadable')])).toEqual(['1 file could not be read: x.png.']);
  });

  test('every kind has words of its own', () => {
    expect(sentences(OF_EVERY_KIND)).toEqual([
      '1 metric line could not be read: metrics/loss:7 (not a number).',
      '7 points were replaced by a later one at the same step: metric loss and 1 more.',
      '1 metric got new steps, 0, 1, 2 … in order of arrival: f1.',
      'The artifacts at s3://bucket/x could not be reached: no such bucket. --accept-missing says that they are gone for good.',
      '1 text held bytes that are not UTF-8; they became U+FFFD: log.txt.',
      '1 field could not be read: end_time in meta.yaml (not a time).',
      'What could not be read stays in Aim as it was: 2 params.',
      'It is still RUNNING in MLflow, but nothing was logged after 1970-01-01T00:00:00.000Z; it was closed at that time.',
      'MLflow has only the latest value of 1 metric, not the points: gone.',
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

const OF_EVERY_KIND: Notice[] = [
  { kind: 'line-skipped', metric: 'loss', file: 'metrics/loss', line: 7, reason: 'not a number' },
  { kind: 'points-collapsed', metric: 'loss', points: 3 },
  { kind: 'points-collapsed', metric: 'acc', points: 4 },
  { kind: 'metric-renumbered', metric: 'f1', points: 9 },
  { kind: 'artifacts-unreachable', uri: 's3://bucket/x', detail: 'no such bucket.' },
  { kind: 'text-replaced', path: 'log.txt' },
  { kind: 'field-unreadable', field: 'end_time', file: 'meta.yaml', detail: 'not a time' },
  { kind: 'part-kept', part: 'params', items: 2 },
  { kind: 'stale', lastSign: 0 },
  { kind: 'history-missing', metric: 'gone' },
];

describe('what happened to runs', () => {
  test('is told by kind at the end, with the first runs by name', () => {
    for (let index = 1; index <= 5000; index += 1) {
      events.emit('run:done', makeRun({ runName: `owl-${index}`, notices: [skipped('a.pkl'), skipped('b.pt')] }));
    }
    events.emit('run:done', makeRun({ runId: 'r1', notices: [skipped('c.png', 'unreadable')] }));
    expect(lines).toEqual([]);
    warnings.close(undefined);
    expect(lines).toEqual([
      'warning: Run r1: 1 file could not be read (1 .png). The first: c.png. It is so.',
      'note: 5,000 runs (owl-1, owl-2, owl-3, …): 10,000 files stay in MLflow as links (5,000 .pkl, 5,000 .pt).',
      'note: mlflow2aim status --warnings names all of these runs.',
    ]);
    warnings.close(undefined);
    expect(lines).toHaveLength(3);
  });

  test('needs no other place where all runs are named', () => {
    events.emit('run:done', makeRun({ runName: 'owl', notices: [skipped('a.pkl')] }));
    warnings.tellRuns(undefined);
    expect(lines).toEqual(['note: Run owl: 1 file stays in MLflow as a link (1 .pkl).']);
  });

  test('is in the report, where there is one', () => {
    for (let index = 0; index < 4; index += 1) events.emit('run:done', makeRun({ notices: [skipped('a.pkl')] }));
    warnings.close('out.json');
    expect(lines.at(-1)).toBe('note: out.json names all of these runs.');
  });

  test('has one line for each kind, and an example of what could not be read', () => {
    events.emit('run:done', makeRun({ runName: 'owl', notices: OF_EVERY_KIND }));
    warnings.close(undefined);
    expect(lines).toEqual([
      'warning: Run owl: 1 metric line could not be read. The first: metrics/loss:7 (not a number).',
      'warning: Run owl: 7 points were replaced by a later one at the same step; --repeated-steps split keeps all. The first: loss.',
      'warning: Run owl: the artifacts could not be reached. The first: s3://bucket/x. no such bucket. --accept-missing says that they are gone for good.',
      'warning: Run owl: 1 text held bytes that are not UTF-8; they became U+FFFD. The first: log.txt.',
      'warning: Run owl: 1 field could not be read. The first: end_time in meta.yaml (not a time).',
      'warning: Run owl: what could not be read stays in Aim as it was: 2 params.',
      'warning: Run owl: MLflow has only the latest value of 1 metric, not the points. The first: gone.',
      'note: Run owl: 1 metric got new steps, 0, 1, 2 … in order of arrival.',
      'note: Run owl: still RUNNING in MLflow, but nothing was logged for --stale-after; closed at the last sign of life.',
    ]);
  });

  test('names few extensions, and counts the others', () => {
    const notices = ['a', 'b', 'c', 'd', 'e', 'f'].map((extension) => skipped(`x.${extension}`));
    events.emit('run:done', makeRun({ runName: 'owl', notices: [...notices, skipped('x.a'), skipped('MLmodel')] }));
    warnings.close(undefined);
    expect(lines[0]).toContain('8 files stay in MLflow as links (2 .a, 1 .b, 1 .c, 1 .d, 3 others).');
  });

  test('is not told of runs that are as they were', () => {
    events.emit('run:done', makeRun({ outcome: 'unchanged', notices: [skipped('a.pkl')] }));
    warnings.close(undefined);
    expect(lines).toEqual([]);
  });

  test('is told at once and run by run where that is asked for', () => {
    listen(true);
    events.emit('run:done', makeRun({ runName: 'owl', notices: [skipped('a.pkl')] }));
    expect(lines).toEqual(['note: owl of resnet50: 1 file that Aim cannot show stays in MLflow as a link: a.pkl.']);
    warnings.close(undefined);
    expect(lines).toHaveLength(1);
  });
});

test('of what concerns the conversion as a whole, twenty lines are told; the others are counted', () => {
  for (let index = 0; index < 25; index += 1) events.emit('warning', { code: 'polling', message: `about it ${index}` });
  expect(lines).toHaveLength(20);
  warnings.close('out.json');
  expect(lines.at(-1)).toBe('warning: 5 more warnings about the conversion: see out.json.');
});
