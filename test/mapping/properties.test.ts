import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mapProperties } from '../../src/mapping/properties.js';
import type { Run, RunStatus } from '../../src/model.js';
import { makeExperiment, makeRun } from './fixtures.js';

const HOUR = 3600_000;
const START = 1_700_000_000_250;
const POLICY = { staleAfter: 24 * HOUR, labels: [] };

/** One hour after the start, unless told otherwise. */
const mapped = (run: Partial<Run>, lastPoint?: number, now = START + HOUR) =>
  mapProperties(makeRun({ startTime: START, ...run }), makeExperiment(), lastPoint, now, POLICY);

const properties = (run: Partial<Run>) => mapped(run).properties;

describe('the name', () => {
  test.each<[Partial<Run>, string]>([
    [{ name: 'kind-owl-7' }, 'kind-owl-7'],
    [{ name: 'kind-owl-7', tags: new Map([['mlflow.runName', 'older']]) }, 'kind-owl-7'],
    [{ name: '', tags: new Map([['mlflow.runName', 'from the tag']]) }, 'from the tag'],
    [{}, 'Run: 32b3397657a7444988306d280a954bbb'],
    [{ id: 'a/b' }, 'Run: c14cddc033f64b9dea80ea675cf280a0'],
  ])('of %j', (run, name) => {
    expect(properties(run).name).toBe(name);
  });
});

test('a NUL, at which the readers of rows end a text, is replaced', () => {
  const run = makeRun({ startTime: START, name: 'a\0b', tags: new Map([['mlflow.note.content', 'n\0m']]) });
  const experiment = makeExperiment({ name: 'team\0one' });
  const { properties } = mapProperties(run, experiment, undefined, START, POLICY);
  expect(properties).toMatchObject({
    name: 'a\uFFFDb',
    description: 'n\uFFFDm',
    note: 'n\uFFFDm',
    experiment: { name: 'team\uFFFDone' },
  });
});

test('an end beyond the dates that Python has is its last one', () => {
  expect(mapped({ endTime: 1e17 }).endTime).toBe(Date.UTC(9999, 11, 31, 23, 59, 59) / 1000);
});

describe('description and note', () => {
  test('are the same Markdown', () => {
    const note = '# Title\n\n* **bold**\n';
    expect(properties({ tags: new Map([['mlflow.note.content', note]]) })).toMatchObject({ description: note, note });
  });

  test('are not there when the run has none', () => {
    expect(properties({ tags: new Map([['mlflow.note.content', '']]) })).not.toHaveProperty('note');
    expect(properties({})).not.toHaveProperty('description');
  });
});

describe('times', () => {
  test('are seconds', () => {
    expect(mapped({ endTime: START + 600_000 })).toMatchObject({
      properties: { creationTime: 1_700_000_000.25 },
      endTime: 1_700_000_600.25,
    });
  });

  test('are kept when the end lies before the start', () => {
    expect(mapped({ endTime: START - 1000 }).endTime).toBe(1_699_999_999.25);
  });

  test.each<RunStatus>(['FINISHED', 'FAILED', 'KILLED'])(
    'a %s run without an end ended with its last point',
    (status) => {
      expect(mapped({ status }, START + 5000).endTime).toBe(1_700_000_005.25);
      expect(mapped({ status }).endTime).toBe(1_700_000_000.25);
    },
  );

  test('a run without a start began with the earliest that is known of it', () => {
    const { startTime: _, ...run } = makeRun({ startTime: START });
    const times = (fields: Partial<Run>, lastPoint?: number) => {
      const { properties, endTime } = mapProperties({ ...run, ...fields }, makeExperiment(), lastPoint, START, POLICY);
      return [properties.creationTime, endTime];
    };
    expect(times({ endTime: 7000 }, 5000)).toEqual([5, 7]);
    expect(times({ endTime: 5000 }, 7000)).toEqual([5, 5]);
    expect(times({}, 7000)).toEqual([7, 7]);
    // An end of 0 would mean that the run goes on.
    expect(times({})).toEqual([0, 0.001]);
  });

  test('a SCHEDULED run is active however old it is', () => {
    expect(mapped({ status: 'SCHEDULED' }, undefined, START + 1000 * HOUR)).toMatchObject({ endTime: null });
  });
});

describe('a RUNNING run', () => {
  const run: Partial<Run> = { status: 'RUNNING' };

  test('is active', () => {
    expect(mapped(run).endTime).toBeNull();
    expect(mapped({ ...run, endTime: START + 1 }).endTime).toBeNull();
    expect(mapped(run)).not.toHaveProperty('stale');
  });

  test('is closed at its last sign of life when that is too long ago', () => {
    const active = mapped(run, START + HOUR, START + 25 * HOUR);
    expect(active).toEqual({ ...active, endTime: null, staleFrom: START + 25 * HOUR + 1 });
    expect(mapped(run, START + HOUR, active.staleFrom!)).toMatchObject({
      endTime: (START + HOUR) / 1000,
      stale: { kind: 'stale', lastSign: START + HOUR },
      staleFrom: null,
    });
  });

  test('shows its last sign of life by its start when its points are older, or none', () => {
    for (const lastPoint of [undefined, 0, 1_700_000]) {
      expect(mapped(run, lastPoint, START + 25 * HOUR).stale).toEqual({ kind: 'stale', lastSign: START });
    }
  });
});

describe('archived', () => {
  test('are deleted runs and the runs of deleted experiments', () => {
    const archived = (run: Partial<Run>, experiment = {}) =>
      mapProperties(makeRun(run), makeExperiment(experiment), undefined, 0, POLICY).properties.archived;
    expect(archived({})).toBe(false);
    expect(archived({ lifecycleStage: 'deleted' })).toBe(true);
    expect(archived({}, { lifecycleStage: 'deleted' })).toBe(true);
  });
});

test.each<[RunStatus, string[]]>([
  ['FAILED', ['FAILED']],
  ['KILLED', ['KILLED']],
  ['FINISHED', []],
  ['RUNNING', []],
  ['SCHEDULED', []],
])('labels of a %s run', (status, names) => {
  const { labels } = properties({ status });
  expect(labels.map((label) => label.name)).toEqual(names);
  for (const label of labels) expect(label.color).toMatch(/^#[\dA-F]{6}$/);
});

test('the experiment goes by its name and has its description', () => {
  const tags = new Map([['mlflow.note.content', 'why']]);
  const experiment = makeExperiment({ name: 'a/b', creationTime: 1500, tags });
  expect(mapProperties(makeRun(), experiment, undefined, 0, POLICY).properties.experiment).toEqual({
    name: 'a/b',
    description: 'why',
    note: 'why',
    creationTime: 1.5,
  });
  expect(properties({}).experiment).toEqual({ name: 'mnist' });
});

test('the time of the conversion shows in nothing but whether a run is stale', () => {
  const time = fc.option(fc.integer({ min: 0, max: 2e12 }), { nil: undefined });
  const status = fc.constantFrom<RunStatus[]>('FINISHED', 'FAILED', 'KILLED', 'SCHEDULED');
  fc.assert(
    fc.property(status, time, time, time, fc.nat(), fc.nat(), (status, startTime, endTime, lastPoint, now, later) => {
      const run = makeRun({
        status,
        ...(startTime === undefined ? {} : { startTime }),
        ...(endTime === undefined ? {} : { endTime }),
      });
      const at = (time: number) => mapProperties(run, makeExperiment(), lastPoint, time, POLICY);
      expect(at(now + later)).toEqual(at(now));
      expect(at(now).endTime).not.toBe(0);
    }),
  );
});
