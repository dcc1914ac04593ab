import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConvertEvents } from '../../../src/events.js';
import type { RunReport } from '../../../src/outcome.js';
import { HtmlFormat } from '../../../src/report/file/html-format.js';
import type { ReportEnd } from '../../../src/report/file/report-format.js';
import { formatCount } from '../../../src/report/format.js';
import type { PageReport, PageRun } from '../../../src/report/page/page-data.js';
import { Summary } from '../../../src/summary/summary.js';
import { built } from '../../support/command-line.js';
import { makeRun } from '../make-run.js';

built('report-page.html');

/** What could end an element, begin another, break a line, or turn the direction of writing. */
const HOSTILE = [
  '</script><script>alert(1)</script>',
  '<!--<script>',
  ']]>-->',
  '<img src=x onerror=alert(1)>',
  '"\'&amp;`$&$1',
  '\u2028\u2029\u0000\u001b[31m\r\n',
  '\u202egnp.exe\u2066',
  '\ud800',
  '__proto__',
];
const text = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary' }));

function page(runs: Iterable<RunReport>, more: Partial<ReportEnd> = {}): string {
  const events = new ConvertEvents();
  const summary = new Summary(events, () => 0);
  const format = new HtmlFormat();
  const parts = [
    format.begin({ format: 1, tool: 'mlflow2aim', version: '9.9.9', started: '2026-01-02T03:04:05.678Z' }),
  ];
  for (const run of runs) {
    events.emit('run:done', run);
    parts.push(format.run(run));
  }
  const end: ReportEnd = {
    warnings: [],
    failedExperiments: [],
    summary: summary.numbers(),
    throughput: { interval: 1, runs: [], points: [], artifactBytes: [] },
    finished: '2026-01-02T03:05:05.678Z',
    interrupted: false,
    ...more,
  };
  return parts.join('') + format.end(end);
}

function data<T>(html: string, id: string): T {
  const [, json = ''] = new RegExp(`<script type="application/json" id="${id}">([^<]*)</script>`).exec(html) ?? [];
  return JSON.parse(json) as T;
}

const runsOf = (html: string) => data<PageRun[]>(html, 'runs');
const reportOf = (html: string) => data<PageReport>(html, 'report');

/** The page without what lies in its data. */
function skeleton(html: string): string {
  return html.replace(/(<script type="application\/json" id="\w+">)[^<]*/g, '$1');
}

describe('the page of a report', () => {
  test('holds runs, causes and losses', () => {
    const html = page([
      makeRun({ runId: 'a', runName: 'first', seconds: 1.25, counts: { points: 7 } }),
      makeRun({ runId: 'b', outcome: 'failed', code: 'permission-denied', where: '/x', reason: 'No right to /x.' }),
      makeRun({
        runId: 'c',
        seconds: 2,
        notices: [
          { kind: 'artifact-skipped', path: 'model/a.PT', reason: 'no-kind', detail: '' },
          { kind: 'artifact-skipped', path: 'b.pkl', reason: 'no-kind', detail: '' },
          { kind: 'points-collapsed', metric: 'loss', points: 3 },
        ],
      }),
      makeRun({
        runId: 'd',
        outcome: 'unchanged',
        incomplete: [{ part: 'artifacts', why: 'Gone.', reason: 'missing' }],
        notices: [{ kind: 'artifacts-unreachable', uri: 'file:///x', detail: 'Gone.', reason: 'missing' }],
      }),
      makeRun({ runId: 'e', outcome: 'skipped', code: 'changed-by-aim', reason: 'Aim has changed the run.' }),
    ]);
    expect(runsOf(html)).toMatchObject([
      { id: 'a', name: 'first', seconds: 1.25, points: 7, badges: [{ word: 'new', tone: 'good' }], weight: 0 },
      {
        id: 'b',
        badges: [{ word: 'failed' }],
        reason: 'No right to /x.',
        keys: ['failed', 'failed permission-denied'],
      },
      { id: 'c', keys: ['new', 'noticed', 'left no-kind', 'left points-collapsed'] },
      {
        id: 'd',
        badges: [{ word: 'unchanged' }, { word: 'incomplete' }],
        reason: expect.stringContaining('file:///x: Gone.'),
      },
      { id: 'e', badges: [{ word: 'skipped' }] },
    ]);
    const { sections, slowest, omitted, cards } = reportOf(html);
    expect(sections).toMatchObject([
      {
        title: 'What needs attention',
        parts: [
          { title: 'Failed runs', groups: [{ title: 'Permission denied', runs: 1, detail: 'No right to /x.' }] },
          { title: 'Incomplete runs', groups: [{ title: 'Artifacts: nothing is there', code: 'missing', runs: 1 }] },
        ],
      },
      { title: 'What was skipped', parts: [{ groups: [{ title: 'Changed by Aim', runs: 1 }] }] },
      {
        title: 'What was left behind or changed',
        parts: [
          {
            groups: [
              { title: 'Files that Aim cannot show', runs: 1, amount: '2 files', detail: '1 .pkl, 1 .pt' },
              { code: 'points-collapsed', runs: 1, amount: '3 points' },
            ],
          },
        ],
      },
    ]);
    expect(cards[0]).toEqual({
      title: 'Runs',
      value: '5',
      details: ['2 new', '1 unchanged', '1 skipped', '1 failed'],
    });
    expect(slowest.map(({ id }) => id)).toEqual(['c', 'a']);
    expect(omitted).toEqual([]);
  });

  test('lets nothing but its own script and style run', () => {
    const html = page([]);
    const hash = (part: string) => `'sha256-${createHash('sha256').update(part).digest('base64')}'`;
    const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script = '']) => script);
    const styles = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, style = '']) => style);
    const [, policy = ''] = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(html) ?? [];
    expect([scripts.length, styles.length]).toEqual([1, 1]);
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${hash(scripts[0]!)}`,
      `style-src ${hash(styles[0]!)}`,
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]);
    expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<style>'));
    expect(html).toContain('uPlot');
    expect(html).toContain('The MIT License');
    expect(html).not.toMatch(/\b(?:src|href)=/);
  });

  test('is the same HTML whatever the names and messages are', () => {
    const expected = skeleton(page([]));
    const strings = fc.array(text, { minLength: 9, maxLength: 9 });
    fc.assert(
      fc.property(strings, ([a, b, c, d, e, f, g, h, i]) => {
        const run = makeRun({
          runId: a!,
          runName: b!,
          experiment: c!,
          outcome: 'failed',
          code: 'unexpected',
          reason: d!,
          incomplete: [{ part: 'params', item: e!, why: f! }],
          notices: [{ kind: 'artifact-skipped', path: g!, reason: 'unreadable', detail: h! }],
        });
        const html = page([run], {
          source: a!,
          repo: b!,
          error: { code: 'unexpected', message: c! },
          warnings: [{ code: 'polling', message: i! }],
          failedExperiments: [{ id: d!, code: 'unexpected', message: e! }],
        });
        expect(skeleton(html)).toBe(expected);
        expect(runsOf(html)).toHaveLength(1);
        // no control characters, nothing that turns the direction of writing
        expect(JSON.stringify([runsOf(html), reportOf(html)])).not.toMatch(/[\u2028-\u202e\u2066-\u2069]|\\u00[01]/);
      }),
    );
  });

  test('of 100,000 runs has a bounded size, and says what it does not hold', () => {
    const notices = [{ kind: 'artifact-skipped', path: 'model.pkl', reason: 'no-kind', detail: '' }] as const;
    const incomplete = Array.from(
      { length: 40 },
      (_, i) => ({ part: 'params', item: `p${i}`, why: 'x'.repeat(9_000) }) as const,
    );
    function* runs() {
      for (let i = 0; i < 100_000; i += 1) {
        const runName = `run ${i}`;
        if (i % 20 === 0) yield makeRun({ runId: `${i}`, runName, incomplete });
        else yield makeRun({ runId: `${i}`, runName, notices: i % 2 === 0 ? notices : [], seconds: i });
      }
    }
    const html = page(runs());
    expect(html.length).toBeLessThan(16_000_000);
    const listed = runsOf(html);
    const { omitted, cards, sections, slowest } = reportOf(html);
    const attention = listed.filter(({ keys }) => keys.includes('incomplete')).length;
    expect(attention).toBeGreaterThan(500);
    expect(listed.filter(({ keys }) => keys.includes('noticed'))).toHaveLength(10_000);
    expect(listed).toHaveLength(attention + 20_000);
    expect(omitted[0]).toBe(
      `Not on this page, which has room for 10,000 of each kind at most: ${formatCount(5_000 - attention)} runs that failed or are incomplete; ` +
        '35,000 runs that were skipped or have something left in MLflow; 40,000 runs with nothing to report.',
    );
    expect(cards[0]).toMatchObject({ title: 'Runs', value: '100,000' });
    expect(sections.flatMap(({ parts }) => parts.flatMap(({ groups = [] }) => groups))).toMatchObject([
      { runs: 5_000, amount: '200,000 params' },
      { runs: 45_000, detail: '45,000 .pkl' },
    ]);
    expect(slowest).toHaveLength(10);
    expect(slowest[0]?.id).toBe('99999');
  });

  test('cuts long texts between characters', () => {
    const name = `${'x'.repeat(198)}😀😀`;
    expect(runsOf(page([makeRun({ runName: name })]))[0]?.name).toBe(`${'x'.repeat(198)}…`);
  });
});
