import { describe, expect, test } from '@jest/globals';
import { ConvertEvents } from '../../src/events.js';
import { summaryLines } from '../../src/report/summary-text.js';
import { Summary } from '../../src/summary/summary.js';
import { Tally } from '../../src/summary/tally.js';
import { makeRun } from './make-run.js';

function conversion(): Summary {
  let now = 0;
  const events = new ConvertEvents();
  const summary = new Summary(events, () => now);
  events.emit('experiment', { id: '0', name: 'Default', runs: 2 });
  events.emit('experiment', { id: '1', name: 'resnet50', runs: 1003 });
  for (let index = 0; index < 1000; index += 1) {
    events.emit(
      'run:done',
      makeRun({
        counts: {
          metrics: 10,
          points: 1000,
          pointsCollapsed: 3,
          params: 5,
          tags: 1,
          artifacts: { image: 2, text: 1, audio: 0, figure: 0 },
          artifactsListed: 2,
          artifactBytes: 100_000,
          bytesWritten: 123_456,
        },
        notices: [
          { kind: 'artifact-skipped', path: `model/${index}.pkl`, reason: 'no-kind', detail: '' },
          { kind: 'artifact-skipped', path: 'LICENSE', reason: 'no-kind', detail: '' },
        ],
      }),
    );
  }
  events.emit('run:done', makeRun({ outcome: 'updated', counts: { metrics: 1, metricsRenumbered: 1, points: 7 } }));
  events.emit('run:done', makeRun({ outcome: 'unchanged' }));
  events.emit('run:done', makeRun({ outcome: 'skipped', reason: 'It is deleted in MLflow.' }));
  events.emit('run:done', makeRun({ outcome: 'failed', runId: 'bad1', reason: 'Its meta.yaml is empty.' }));
  events.emit('run:done', makeRun({ outcome: 'failed', runId: 'bad2', runName: 'owl\n2', reason: 'It has no id.' }));
  events.emit('publish', { runs: 1001 });
  now = 12_500;
  return summary;
}

describe('the summary', () => {
  test('is a short table', () => {
    expect(`\n${summaryLines(conversion().numbers(), true).join('\n')}\n`).toBe(`
experiments           2
runs              1,005   1,000 new · 1 updated · 1 unchanged · 1 skipped · 2 failed
metrics          10,001   1 renumbered
points        1,000,007   3,000 collapsed
params            5,000
tags              1,000
artifacts         3,000   2,000 images · 1,000 texts · 0 audio · 2,000 listed as links
links             2,000   that Aim cannot show · 1,000 without extension, 1,000 .pkl
written          123 MB   100 MB of artifacts
time             12.5 s   80.4 runs/s · 80,001 points/s

Skipped runs:
  1 × It is deleted in MLflow.

2 runs failed and were left as they were:
  bad1 of resnet50: Its meta.yaml is empty.
  bad2 (owl 2) of resnet50: It has no id.
`);
  });

  test('goes on below where it does not fit, and cuts no word', () => {
    const lines = summaryLines(conversion().numbers(), true, 60);
    expect(lines.slice(1, 4)).toEqual([
      'runs              1,005   1,000 new · 1 updated',
      '                          1 unchanged · 1 skipped · 2 failed',
      'metrics          10,001   1 renumbered',
    ]);
  });

  test('is one line when nothing has changed, whatever has been skipped', () => {
    const events = new ConvertEvents();
    let now = 0;
    const summary = new Summary(events, () => now);
    events.emit('experiment', { id: '1', name: 'a', runs: 3 });
    now = 1_240;
    expect(summaryLines(summary.numbers(), true)).toEqual([
      'There is nothing to convert: 1 experiment without runs (1.2 s).',
    ]);
    events.emit('run:done', makeRun({ outcome: 'unchanged', notices: [{ kind: 'text-replaced', path: 'x' }] }));
    expect(summaryLines(summary.numbers(), true)).toEqual([
      'Nothing has changed: 1 run up to date, in 1 experiment (1.2 s).',
    ]);
    events.emit('run:done', makeRun({ outcome: 'skipped', code: 'deleted' }));
    events.emit('traces', { traces: 7, more: true });
    expect(summaryLines(summary.numbers(), true)).toEqual([
      'Nothing has changed: 1 run up to date, 1 skipped, in 1 experiment (1.2 s).',
      '7 traces or more stay in MLflow.',
      '',
      'Skipped runs:',
      '  1 × Deleted in MLflow; --include-deleted converts such runs too.',
    ]);
    events.emit('run:deleted', { runId: 'a', runHash: 'a', experiment: 'e', action: 'archived' });
    expect(summaryLines(summary.numbers(), true)[0]).toMatch(/^experiments /);
  });

  test('has all of it in numbers', () => {
    expect(conversion().numbers()).toMatchObject({
      experiments: 2,
      runs: { new: 1000, updated: 1, unchanged: 1, skipped: 1, failed: 2 },
      runsPublished: 1001,
      points: 1_000_007,
      notices: { 'artifact-skipped': 2000 },
      artifactsSkipped: [
        { reason: 'no-kind', extension: '', files: 1000 },
        { reason: 'no-kind', extension: '.pkl', files: 1000 },
      ],
      seconds: 12.5,
    });
  });

  test('does not grow with the number of different troubles', () => {
    const events = new ConvertEvents();
    const summary = new Summary(events);
    for (let index = 0; index < 5000; index += 1) {
      const notices = [
        { kind: 'artifact-skipped', path: `x.ckpt${index}`, reason: 'no-kind', detail: '' } as const,
        { kind: 'artifacts-unreachable', uri: 's3://x', detail: '' } as const,
      ];
      events.emit(
        'run:done',
        makeRun({ notices, incomplete: [{ part: 'artifacts', item: `${index}`, why: `${index}` }] }),
      );
      events.emit('run:done', makeRun({ outcome: 'failed', runId: `f${index}`, reason: `It is number ${index}.` }));
      events.emit('run:done', makeRun({ outcome: 'skipped', reason: `It is number ${index}.` }));
    }
    const numbers = summary.numbers();
    expect(numbers.artifactsSkipped).toHaveLength(201);
    expect(numbers.artifactsSkipped.at(-1)).toEqual({ reason: 'other', extension: '', files: 4800 });
    expect(numbers.skippedRuns).toHaveLength(21);
    expect(numbers.failedRuns).toHaveLength(10);
    const lines = summaryLines(numbers, true);
    expect(lines.length).toBeLessThan(55);
    expect(lines).toContain('  and 4,990 more');
    expect(lines.join('\n')).toContain('and 194 other extensions');
  });

  test('tells what could not be read, and what to do', () => {
    const events = new ConvertEvents();
    const summary = new Summary(events);
    const artifacts = { part: 'artifacts', why: 'It is gone.', reason: 'missing' } as const;
    for (let run = 0; run < 4; run++) events.emit('run:done', makeRun({ incomplete: [artifacts] }));
    const params = ['a', 'b'].map((item) => ({ part: 'params', item, why: 'No rights.' }) as const);
    events.emit('run:done', makeRun({ outcome: 'unchanged', incomplete: [...params, artifacts] }));
    events.emit('run:done', makeRun({ outcome: 'unchanged' }));
    expect(summary.numbers()).toMatchObject({
      runsIncomplete: 5,
      runsWithoutArtifacts: 5,
      unreadParts: { artifacts: 5, params: 1 },
    });
    const lines = summaryLines(summary.numbers(), true);
    expect(lines).toContain('incomplete        5   artifacts of 5 runs, params of 1 · what Aim had of them was kept');
    expect(lines.join(' ')).toMatch(
      /5 runs could not be read completely.*status --incomplete .* --accept-missing RUN_ID\|URI /,
    );
  });

  test('counts what was built and never published, and only what was done as new', () => {
    const events = new ConvertEvents();
    const summary = new Summary(events);
    const runs = Array.from({ length: 5 }, (_, i) => makeRun({ runHash: `r${i}`, counts: { points: 10 } }));
    for (const run of runs) events.emit('run:ready', run);
    for (const run of runs.slice(0, 2)) events.emit('run:done', run);
    const numbers = summary.numbers();
    expect(numbers).toMatchObject({ runs: { new: 2 }, points: 20, runsUnpublished: 3 });
    expect(summaryLines(numbers, true)).toContain(
      '3 runs were built and not published: the next conversion builds them again.',
    );
  });

  test('an empty conversion is told in a line, and one that was broken off has a table', () => {
    const numbers = new Summary(new ConvertEvents(), () => 0).numbers();
    expect(summaryLines(numbers, true)).toEqual(['There is nothing to convert: no runs were found (0.0 s).']);
    const lines = summaryLines(numbers, false);
    expect(lines).toEqual([
      'experiments       0',
      'runs              0   0 new · 0 updated · 0 unchanged · 0 skipped · 0 failed',
      'time          0.0 s   0.00 runs/s · 0.00 points/s',
    ]);
  });
});

test('a tally counts what is beyond its bound together, last', () => {
  const tally = new Tally(2);
  for (const key of ['b', 'a', 'a', 'c', 'd', 'e', 'a']) tally.add(key);
  expect(tally.entries()).toEqual([
    ['a', 3],
    ['b', 1],
    ['other', 3],
  ]);
  expect(tally.total).toBe(7);
});
