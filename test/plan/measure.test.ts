import { describe, expect, test } from '@jest/globals';
import type { Conversion } from '../../src/conversion/conversion.js';
import { ConvertEvents } from '../../src/events.js';
import { emptyCounts } from '../../src/outcome.js';
import { type Measured, measure } from '../../src/plan/measure.js';
import type { RunContent } from '../../src/plan/run-content.js';
import { Strata, type Stratum } from '../../src/plan/strata.js';

const EXPERIMENT = { id: '1', name: 'mnist', lifecycleStage: 'active', tags: new Map() } as const;
const NONE = { files: 0, bytes: 0 };

function content(points: number): RunContent {
  const artifacts = { image: NONE, text: NONE, audio: NONE, figure: NONE };
  const header = { status: 'FINISHED', params: 0, tags: 0, datasets: 0, models: 0 } as const;
  return { ...header, metrics: 1, points, isExact: true, artifacts, links: NONE, notices: [] };
}

/** So many runs of so many points each, after each other. */
function strataOf(groups: readonly (readonly [runs: number, points: number])[], blockSize = 1): Stratum[] {
  const strata = new Strata(blockSize);
  let count = 0;
  for (const [runs, points] of groups) {
    for (let i = 0; i < runs; i++) {
      const runId = String(count++);
      const ref = { runId, experimentId: '1', locator: '' };
      strata.add({ experiment: EXPERIMENT, ref }, content(points));
    }
  }
  return strata.all();
}

/**
 * A conversion for which time passes as told: so many seconds at its start, then so many for each run and point.
 * @param slowdown how much longer all takes than on a machine with nothing else to do, as time goes by
 */
function bench(
  strata: readonly Stratum[],
  start: number,
  perRun: number,
  perPoint: number,
  slowdown: (seconds: number) => number = () => 1,
) {
  const pointsOf = new Map(
    strata.flatMap(({ candidates }) => candidates.map(({ run, points }) => [run.ref.runId, points] as const)),
  );
  let [seconds, alone] = [0, 0];
  const take = (time: number) => {
    alone += time;
    seconds += time * slowdown(seconds);
  };
  let passes = 0;
  const pass: Conversion['pass'] = async (runs, _signal, { done }) => {
    if (passes++ === 0) take(start);
    for await (const run of runs) {
      const points = pointsOf.get(run.ref.runId)!;
      take(perRun + perPoint * points);
      const { runId } = run.ref;
      const counts = { ...emptyCounts(), points, bytesWritten: points };
      const report = { runId, runHash: runId, experiment: 'mnist', outcome: 'new', counts, notices: [] } as const;
      done({ run, report });
    }
  };
  const startStopwatch = () => {
    const since = { seconds, alone };
    return () => ({ wall: seconds - since.seconds, alone: alone - since.alone });
  };
  const now = () => seconds;
  return {
    conversion: { pass },
    events: new ConvertEvents(),
    concurrency: 4,
    room: 1e9,
    startStopwatch,
    now,
  };
}

/** The time of all runs, as what was measured says. */
function foretold({ samples, startSeconds }: Measured): number {
  const paces = samples.map(({ pace }) => pace);
  const known = paces.find((pace) => pace !== undefined)!;
  return samples.reduce((sum, { stratum, pace }) => sum + stratum.weight * (pace ?? known), startSeconds);
}

const { signal } = new AbortController();

describe('what is measured foretells the time', () => {
  test.each([
    ['small runs', [[20_000, 15]], 0.002, 1e-6],
    ['long runs', [[50, 1_000_000]], 0.002, 1e-6],
    [
      'runs of all sizes',
      [
        [5_000, 10],
        [500, 1_000],
        [50, 100_000],
        [2, 2_000_000],
      ],
      0.003,
      2e-6,
    ],
    ['a slow server', [[3_000, 100]], 0.08, 1e-5],
    ['a few runs', [[3, 100]], 0.002, 1e-6],
  ] as const)('%s', async (_, groups, perRun, perPoint) => {
    const strata = strataOf(groups);
    const start = 0.5;
    const measured = await measure(strata, bench(strata, start, perRun, perPoint), signal);
    const truth = groups.reduce((sum, [runs, points]) => sum + runs * (perRun + perPoint * points), start);
    expect(foretold(measured) / truth).toBeGreaterThan(0.6);
    expect(foretold(measured) / truth).toBeLessThan(1.6);
  });

  test.each([
    ['many small runs', [[20_000, 15]]],
    ['long runs', [[300, 1_000_000]]],
  ] as const)('and takes no more than about ten seconds: %s', async (_, groups) => {
    const strata = strataOf(groups);
    const its = bench(strata, 0, 0.0026, 1e-6);
    await measure(strata, its, signal);
    expect(its.now()).toBeGreaterThan(2);
    expect(its.now()).toBeLessThan(14);
  });

  test('whatever other programs do meanwhile', async () => {
    const strata = strataOf([
      [4_000, 10],
      [40, 100_000],
    ]);
    const truth = 4_000 * (0.003 + 10e-6) + 40 * (0.003 + 0.1);
    const its = bench(strata, 0, 0.003, 1e-6, (seconds) => (Math.floor(seconds) % 2 === 0 ? 1 : 5));
    const measured = await measure(strata, its, signal);
    expect(foretold(measured) / truth).toBeCloseTo(1, 1);
    expect(measured.took.wall / measured.took.alone).toBeGreaterThan(1.3);
    expect(its.now()).toBeLessThan(20);
  });

  test('a run that would take far too long is left out', async () => {
    const strata = strataOf([
      [1_000, 10],
      [1, 1_000_000_000],
    ]);
    const its = bench(strata, 0, 0.002, 1e-6);
    const { samples } = await measure(strata, its, signal);
    expect(samples.at(-1)).toMatchObject({ runs: 0, pace: undefined });
    expect(its.now()).toBeLessThan(20);
  });

  test('no more is written than there is room for', async () => {
    const strata = strataOf([[2_000, 1_000]]);
    const its = { ...bench(strata, 0, 0.0001, 1e-9), room: 100_000 };
    const { samples } = await measure(strata, its, signal);
    expect(samples[0]!.points).toBeLessThanOrEqual(130_000);
  });
});

describe('the runs that may be measured', () => {
  const ids = ({ candidates }: Stratum) => candidates.map(({ run }) => run.ref.runId);

  test('are the same each time, and no more than 1,024 of a kind', () => {
    const groups = [[5_000, 10]] as const;
    const [first, second] = [strataOf(groups)[0]!, strataOf(groups)[0]!];
    expect(first.runs).toBe(5_000);
    expect(ids(first)).toHaveLength(1_024);
    expect(ids(first)).toEqual(ids(second));
    // from everywhere in the listing
    expect(ids(first).some((id) => Number(id) > 4_500)).toBe(true);
    expect(ids(first).some((id) => Number(id) < 500)).toBe(true);
  });

  test('follow one another where the source is read ahead', () => {
    const chosen = ids(strataOf([[5_000, 10]], 64)[0]!).map(Number);
    const steps = chosen.slice(1).filter((id, i) => id === chosen[i]! + 1);
    expect(steps.length / chosen.length).toBeGreaterThan(0.95);
  });

  test('are kept apart by how much they hold', () => {
    const strata = strataOf([
      [10, 1],
      [20, 100_000],
      [1, 10_000_000],
    ]);
    expect(strata.map(({ runs }) => runs)).toEqual([10, 20, 1]);
  });
});
