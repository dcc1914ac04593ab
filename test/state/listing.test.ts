import { describe, expect, test } from '@jest/globals';
import type { RunSelection } from '../../src/options.js';
import { choiceWarnings, unknownRuns } from '../../src/selection/choice-warnings.js';
import { Listing } from '../../src/state/listing.js';
import { collect } from '../contract/tracking-store.js';
import { makeExperiment, makeRun } from '../mapping/fixtures.js';
import { MemoryStore } from '../support/memory-store.js';

const { signal } = new AbortController();
const experiment = makeExperiment({ id: '1', name: 'mnist' });
const run = (id: string, startTime: number, params: Record<string, string> = {}) => ({
  run: makeRun({ id, experimentId: '1', startTime, params: new Map(Object.entries(params)) }),
  revision: '1',
});
const store = () =>
  new MemoryStore(experiment, [run('a', 1, { lr: '1' }), run('b', 2, { lr: '2' }), run('c', 3, { lr: '1' })]);
const ledger = { places: () => ['a', 'b', 'c', 'gone'].map((hash) => ({ hash, experimentId: '1' })) };

async function listed(selection: RunSelection) {
  const listing = await Listing.begin(store(), selection, signal);
  const experiments: string[] = [];
  const runs = await collect(
    listing.runs(({ name, runs: count }) => void experiments.push(`${name} ${count}`), signal),
  );
  return { listing, experiments, runs: runs.map(({ ref }) => ref.runId) };
}

describe('a listing', () => {
  test.each<[RunSelection, string[]]>([
    [{}, ['a', 'b', 'c']],
    [{ filter: "params.lr = '1'" }, ['a', 'c']],
    [{ filter: "params.lr = '1'", maxRuns: 1 }, ['c']],
    [{ since: 2 }, ['b', 'c']],
    [{ until: 2, runIds: ['b', 'c'] }, ['b']],
    [{ experiments: ['mnist'], maxRuns: 2 }, ['b', 'c']],
    [{ statuses: ['FAILED'] }, []],
  ])('of %j has the runs %j, of a source that cannot search itself', async (selection, expected) => {
    const { runs, experiments } = await listed(selection);
    expect(runs).toEqual(expected);
    expect(experiments).toEqual(expected.length === 0 ? [] : [`mnist ${expected.length}`]);
  });

  test('knows what is gone only if single runs were not chosen, and the whole source only if nothing was left out', async () => {
    for (const [selection, missing, isWhole] of [
      [{}, ['gone'], true],
      [{ experiments: ['mnist'] }, ['gone'], false],
      [{ excludeExperiments: ['x*'] }, ['gone'], false],
      [{ filter: "params.lr = '1'" }, [], false],
      [{ maxRuns: 100 }, [], false],
    ] as const) {
      const { listing } = await listed(selection);
      expect(await listing.missing(ledger, signal)).toEqual(missing);
      expect(listing.isWhole).toBe(isWhole);
    }
  });

  test('names run ids that the source does not have, if nothing else was asked for', async () => {
    const { listing } = await listed({ runIds: ['a', 'x', 'y'] });
    expect(listing.unknownRunIds).toEqual(['x', 'y']);
    expect(unknownRuns(listing)).toMatchObject({
      kind: 'fatal',
      message: 'The source does not have these runs: x, y.',
    });
    expect(choiceWarnings(listing)).toMatchObject([{ code: 'unknown-run' }]);
    expect((await listed({ runIds: ['a', 'x'], since: 1 })).listing.unknownRunIds).toEqual([]);
    expect(unknownRuns((await listed({ runIds: ['a'] })).listing)).toBeUndefined();
  });

  test('of no run is told', async () => {
    expect(choiceWarnings((await listed({ since: 9 })).listing)).toMatchObject([{ code: 'nothing-chosen' }]);
    expect(choiceWarnings((await listed({ since: 1 })).listing)).toEqual([]);
    expect(choiceWarnings((await listed({})).listing)).toEqual([]);
  });

  test('rejects for conditions that cannot be used', async () => {
    await expect(listed({ filter: 'metrics.a' })).rejects.toMatchObject({ kind: 'fatal', code: 'invalid-argument' });
    await expect(listed({ runNames: ['a['] })).rejects.toMatchObject({ kind: 'fatal', code: 'invalid-argument' });
  });
});
