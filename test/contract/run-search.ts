import { expect, test } from '@jest/globals';
import type { RunSearch } from '../../src/mlflow/common/run-search.js';
import { findRun, searchRuns } from '../../src/mlflow/search/search-runs.js';
import type { Experiment } from '../../src/model.js';
import { type ContractSource, collect, type ExpectedRun, never, silent } from './tracking-store.js';

/** Where the contract searches, in what every source of the contract holds. */
interface Searched {
  /** The experiment with A, which has everything, and B, which has failed and is deleted. */
  readonly experiment: string;
  readonly a: ExpectedRun;
  readonly b: ExpectedRun;
}

function searchedIn({ expected }: ContractSource): Searched {
  const { name, runs } = expected.find((one) => one.runs.some(({ params }) => params.lr === '0.1')) ?? fail();
  const a = runs.find(({ params }) => params.lr === '0.1') ?? fail();
  return { experiment: name, a, b: runs.find(({ header }) => header.status === 'FAILED') ?? fail() };
}

/** What is found in that experiment. What a source's A does not have is not asked for. */
function filtersOf({ a, b }: Searched): readonly (readonly [filter: string, runIds: readonly string[]])[] {
  const [A, B] = [a.runId, b.runId];
  return [
    ["params.lr = '0.1'", [A]],
    ["params.lr != '0.1'", []],
    ["params.`net/depth` LIKE '_'", [A]],
    ['tags."team" ILIKE \'R%\' and params.text != "x"', [A]],
    ['tags.team IS NULL', [B]],
    ['params.lr IS NOT NULL', [A]],
    ["metrics.loss > -1 AND attributes.status = 'FINISHED'", [A]],
    ...('odd' in a.metrics ? [['metrics.odd = 1e22', [A]] as const] : []),
    ['metrics.`with space` > 1', lastValue(a, 'with space') > 1 ? [A] : []],
    ["datasets.name = 'train' and dataset.context IN ('training', 'x')", [A]],
    ["datasets.digest = 'x1' and run.status LIKE 'F%'", [A]],
    [`attributes.run_id NOT IN ('${A}')`, [B]],
    ['start_time >= 1700000000000 and created < 1', []],
  ];
}

/** Of the point with the highest step; of several there, of the latest. */
function lastValue({ metrics }: ExpectedRun, key: string): number {
  const points = [...(metrics[key] ?? fail())];
  points.sort((one, other) => Number(one.step - other.step) || one.timestamp - other.timestamp);
  return points.at(-1)!.value;
}

/** The search part of the contract of src/mlflow/common/tracking-store.ts, for sources that search and for those that do not. */
export function runSearchContract(open: () => ContractSource): void {
  const found = async (search: RunSearch, name = searchedIn(open()).experiment) => {
    const { store } = open();
    const experiment = await experimentNamed(open(), name);
    return collect(searchRuns(store, experiment, search, never()));
  };
  const ids = async (search: RunSearch, name?: string) => (await found(search, name)).map(({ ref }) => ref.runId);

  test('a search without conditions finds all runs, and tells which are deleted and when they started', async () => {
    const { store } = open();
    const all = await collect(store.runs(await experimentNamed(open(), searchedIn(open()).experiment), never()));
    expect(await ids({})).toEqual(all.map(({ runId }) => runId));
    for (const { ref, startTime, isDeleted } of await found({})) {
      const run = await store.run(ref, silent());
      expect({ startTime, isDeleted }).toEqual({
        startTime: run.startTime,
        isDeleted: run.lifecycleStage === 'deleted',
      });
    }
  });

  test('a search finds the runs that meet all conditions', async () => {
    const { runId: missing } = open().missing;
    const { a, b } = searchedIn(open());
    const [A, B] = [a.runId, b.runId];
    const empty = open().expected.find(({ runs }) => runs.length === 0) ?? fail();
    expect(await ids({ runIds: new Set([B, missing]) })).toEqual([B]);
    expect(await ids({ runIds: new Set([A, B]) }, empty.name)).toEqual([]);
    expect(await ids({ statuses: new Set(['FAILED', 'KILLED']) })).toEqual([B]);
    expect(await ids({ isNamed: (name) => name.endsWith('e5') })).toEqual([A]);
    expect(await ids({ isNamed: (name) => name === 'gone', statuses: new Set(['FINISHED']) })).toEqual([]);
    const [first] = await found({ runIds: new Set([A]) });
    const startTime = first!.startTime!;
    expect(await ids({ since: startTime, until: startTime, runIds: new Set([A]) })).toEqual([A]);
    expect(await ids({ since: startTime + 1, runIds: new Set([A]) })).toEqual([]);
    expect(await ids({ until: startTime - 1, statuses: new Set(['FINISHED']) })).toEqual([]);
  });

  test('a search finds what a filter says, together with other conditions', async () => {
    for (const [filter, expected] of filtersOf(searchedIn(open()))) {
      expect({ filter, runIds: await ids({ filter }) }).toEqual({ filter, runIds: expected });
    }
    expect(await ids({ filter: 'tags.team IS NULL', statuses: new Set(['FINISHED']) })).toEqual([]);
    const other = open().expected.find(({ name }) => name === 'old: ünd\nweg') ?? fail();
    expect(await ids({ filter: 'metrics.loss < 1' }, other.name)).toEqual(
      other.runs.filter((run) => lastValue(run, 'loss') < 1).map(({ runId }) => runId),
    );
  });

  test('what a search finds is read as what a listing names', async () => {
    const { store, second } = open();
    const listed = await collect(second.runs(await experimentNamed(open(), searchedIn(open()).experiment), never()));
    for (const search of [
      { filter: "params.lr = '0.1'" },
      { runIds: new Set([searchedIn(open()).a.runId]) },
      { statuses: new Set(['FINISHED'] as const) },
    ]) {
      const [{ ref } = fail()] = await found(search);
      const same = listed.find(({ runId }) => runId === ref.runId)!;
      expect(await second.revision(structuredClone(ref), never())).toBe(await second.revision(same, never()));
      expect(await second.run(ref, silent())).toEqual(await store.run(same, silent()));
    }
  });

  test('a single run is held against the conditions, too', async () => {
    const { store } = open();
    const [{ ref } = fail()] = await found({ runIds: new Set([searchedIn(open()).a.runId]) });
    expect(await findRun(store, ref, { filter: "params.lr = '0.1'" }, never())).toMatchObject({
      ref,
      isDeleted: false,
    });
    expect(await findRun(store, ref, { filter: "params.lr = '0.2'" }, never())).toBeUndefined();
    expect(await findRun(store, open().missing, {}, never())).toBeUndefined();
  });

  test('a filter that is wrong is a fatal error that names the place', async () => {
    await expect(ids({ filter: "metrics.loss > 'high'" })).rejects.toMatchObject({
      kind: 'fatal',
      code: 'invalid-argument',
      message: expect.stringContaining("at character 16 ('high')"),
    });
  });

  test('a search that is aborted rejects with the reason', async () => {
    const reason = new Error('enough');
    const experiment = await experimentNamed(open(), searchedIn(open()).experiment);
    const search = { filter: 'metrics.loss > 0' };
    await expect(collect(searchRuns(open().store, experiment, search, AbortSignal.abort(reason)))).rejects.toBe(reason);
  });
}

async function experimentNamed({ store }: ContractSource, name: string): Promise<Experiment> {
  const experiments = await collect(store.experiments(never()));
  return experiments.find((experiment) => experiment.name === name) ?? fail();
}

function fail(): never {
  throw new Error('It is not there.');
}
