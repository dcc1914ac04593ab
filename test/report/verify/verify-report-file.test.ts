import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { PageReport, PageRun } from '../../../src/report/page/page-data.js';
import { VerifyReportFile } from '../../../src/report/verify/verify-files.js';
import { nothingCompared, type RunVerdict } from '../../../src/verify/compare/verdict.js';
import { VerifyEvents } from '../../../src/verify/session/verify-events.js';
import { outcomeOf, TotalsCounter } from '../../../src/verify/session/verify-totals.js';
import { temporaryDirectory } from '../../support/temporary.js';

function verdict(hash: string, more: Partial<RunVerdict> = {}): RunVerdict {
  return {
    ...nothingCompared(hash),
    runId: hash,
    runName: `run ${hash}`,
    experiment: 'resnet50',
    verdict: 'equal',
    ...more,
  };
}

/** What is written about these runs, against a source or without one. */
function written(name: string, runs: readonly RunVerdict[], source?: string): string {
  const directory = temporaryDirectory();
  const events = new VerifyEvents();
  const counter = new TotalsCounter(events);
  const report = new VerifyReportFile(join(directory, name), events, '9.9.9');
  events.emit('start', { repo: '/data/aim', runs: 77, ...(source !== undefined && { source }) });
  for (const run of runs) events.emit('run', run);
  events.emit('finding', { code: 'database-without-row', severity: 'error', run: 'f00' });
  events.emit('experiment:failed', { id: '7', code: 'unreachable', message: 'No answer.' });
  const { totals } = counter;
  expect(report.finish({ outcome: outcomeOf(totals), totals, seconds: 2 })).toBeUndefined();
  expect(readdirSync(directory)).toEqual([name]);
  return readFileSync(join(directory, name), 'utf8');
}

function data<T>(html: string, id: string): T {
  const [, json = ''] = new RegExp(`<script type="application/json" id="${id}">([^<]*)</script>`).exec(html) ?? [];
  return JSON.parse(json) as T;
}

const RUNS = [
  verdict('a'),
  verdict('b', {
    verdict: 'differs',
    differences: [
      {
        code: 'property-differs',
        severity: 'note',
        cause: 'changed-in-aim',
        record: 'run.name',
        expected: 'x',
        found: 'y',
      },
      {
        code: 'attribute-differs',
        severity: 'error',
        cause: 'unexplained',
        record: 'lr',
        expected: '1',
        found: '</script>',
      },
    ],
    differenceCount: 20,
  }),
  verdict('c', { verdict: 'missing' }),
  verdict('d', { verdict: 'expected', unread: [{ part: 'params', why: 'It is away.' }] }),
  verdict('e', { verdict: 'changed-in-aim', reason: 'It was removed in Aim.' }),
];

describe('the report of a verification', () => {
  test('as JSON has each run', () => {
    const report = JSON.parse(written('report.json', RUNS, '/data/mlruns')) as Record<string, unknown>;
    expect(report).toMatchObject({
      version: '9.9.9',
      source: '/data/mlruns',
      repo: '/data/aim',
      outcome: 'differences',
      throughput: { interval: 0.2 },
      totals: { runs: { equal: 1, differs: 1, missing: 1 } },
    });
    expect(report.runs).toHaveLength(5);
  });

  test('as a page tells what is wrong, what could not be read, and what differs for a reason', () => {
    const html = written('report.html', RUNS, '/data/mlruns');
    const report = data<PageReport>(html, 'report');
    expect(report).toMatchObject({
      title: 'Verification of Aim against MLflow',
      verdict: { tone: 'bad', text: '2 runs are not in Aim as in MLflow; 1 problem of the repository as a whole.' },
    });
    const titles = report.sections.map(({ title, parts }) => [
      title,
      ...parts.flatMap(({ title: part, messages = [], groups = [] }) => [
        ...(part === undefined ? [] : [part]),
        ...messages.map(({ text }) => text),
        ...groups.map((group) => group.title),
      ]),
    ]);
    expect(titles).toEqual([
      [
        'What is not as it has to be',
        'The repository as a whole',
        expect.stringContaining('f00'),
        'Attribute differs',
        'Runs that Aim does not have',
      ],
      ['What could not be read', 'Experiments', '7: No answer.', 'Params could not be read'],
      ['What differs for a reason', 'Changed in Aim by a person or its SDK', 'Runs that were removed in Aim'],
    ]);
    const rows = data<PageRun[]>(html, 'runs');
    expect(rows).toMatchObject([
      { id: 'a', badges: [{ word: 'equal', tone: 'good' }], weight: 0 },
      {
        id: 'b',
        badges: [{ word: 'differs', tone: 'bad' }],
        reason: 'lr: MLflow 1, Aim </script>',
        lists: [{ title: 'Differences', texts: [expect.any(String), expect.any(String), 'and 18 more'] }],
      },
      { id: 'c', badges: [{ word: 'missing' }] },
      { id: 'd', badges: [{ word: 'as expected' }, { word: 'incomplete' }], reason: 'params: It is away.' },
      { id: 'e', reason: 'It was removed in Aim.' },
    ]);
    expect(rows[0]).not.toHaveProperty('reason');
  });

  test('says of what there is no source only whether it is sound', () => {
    const html = written('report.html', [verdict('a'), verdict('b', { verdict: 'differs' })]);
    const report = data<PageReport>(html, 'report');
    expect(report.title).toBe('Structure of an Aim repository');
    expect(report.cards[0]?.details).toEqual(['1 sound', '1 damaged']);
    expect(data<PageRun[]>(html, 'runs').map(({ badges }) => badges[0]?.word)).toEqual(['sound', 'damaged']);
  });
});
