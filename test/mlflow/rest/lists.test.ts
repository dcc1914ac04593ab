import { describe, expect, test } from '@jest/globals';
import { RestStore } from '../../../src/mlflow/rest/rest-store.js';
import type { Experiment, Notice } from '../../../src/model.js';
import { collect, listening, never } from '../../contract/tracking-store.js';
import { answer, clientOf, failureOf, serverWith } from './client-of.js';
import type { FakeExperiment, FakePoint, FakeRun } from './fake-server.js';

const RUN = 'a'.repeat(32);
const EXPERIMENT: Experiment = { id: '1', name: 'e', lifecycleStage: 'active', tags: new Map() };
const storeOf = (uri: string): RestStore =>
  new RestStore(clientOf(uri, { MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1' }, { concurrency: 2 }));
const series = (length: number, first = 1000): FakePoint[] =>
  Array.from({ length }, (_, at) => ({ timestamp: first + at, value: at / 3, step: BigInt(at) }));

describe('lists', () => {
  test('of experiments come oldest first, each once, however they change meanwhile', async () => {
    const experiments: FakeExperiment[] = Array.from({ length: 2500 }, (_, at) => ({ id: `${at}`, name: `e${at}` }));
    let asked = 0;
    const server = await serverWith(
      (request) => {
        // as one that is made while the server has the newest first
        if (request.url?.endsWith('experiments/search') && asked++ > 0) {
          experiments.unshift({ id: `new ${asked}`, name: `new ${asked}` });
        }
        return false;
      },
      { experiments },
    );
    const found = await collect(storeOf(server.uri).experiments(never()));
    expect(found.map(({ id }) => id)).toEqual(Array.from({ length: 2500 }, (_, at) => `${at}`));
    expect(server.bodies[0]).toMatchObject({ order_by: ['creation_time ASC', 'experiment_id ASC'] });
  });

  test('go on in the order of the server where it knows no other', async () => {
    const server = await serverWith(
      (request, response) =>
        request.url?.endsWith('experiments/search') === true &&
        server.bodies.at(-1)?.order_by !== undefined &&
        answer(response, '{"error_code": "INVALID_PARAMETER_VALUE"}', {}, 400),
      { experiments: [{ id: '1', name: 'e' }] },
    );
    expect(await collect(storeOf(server.uri).experiments(never()))).toHaveLength(1);
  });

  test.each(['experiments', 'runs', 'logged-models'])('of %s that do not end are told', async (list) => {
    const field = list === 'logged-models' ? 'models' : list;
    const server = await serverWith(
      (request, response) =>
        request.url?.endsWith(`${list}/search`) === true &&
        answer(response, JSON.stringify({ [field]: [], next_page_token: 'again' })),
      { runs: [{ runId: RUN, experimentId: '1' }] },
    );
    const store = storeOf(server.uri);
    const listed: AsyncIterable<unknown> =
      list === 'experiments' ? store.experiments(never()) : store.runs(EXPERIMENT, never());
    expect((await failureOf(collect(listed))).message).toContain('does not end');
  });

  test('of runs are asked for in smaller pages where those are too large', async () => {
    const runs: FakeRun[] = Array.from({ length: 30 }, (_, at) => ({
      runId: String(at).padStart(32, '0'),
      experimentId: '1',
      params: { long: 'x'.repeat(3_000_000) },
    }));
    const server = await serverWith(undefined, { runs });
    const found = await collect(storeOf(server.uri).runs(EXPERIMENT, never()));
    expect(found.map(({ runId }) => runId)).toEqual(runs.map(({ runId }) => runId));
    expect(server.bodies.map(({ max_results }) => max_results)).toEqual([50, 100, 13, 13, 13]);
  });
});

describe('metrics whose points were deleted', () => {
  const last: FakePoint = { timestamp: 5, value: Number.MAX_VALUE, step: 7n };

  test.each([
    [false, Number.POSITIVE_INFINITY],
    [true, Number.MAX_VALUE],
  ])('are asked for once more, and then have their latest point (file store: %s)', async (keepsFiles, value) => {
    const runs = [{ runId: RUN, experimentId: '1', metrics: { loss: [last], kept: series(3) } }];
    let asked = 0;
    const server = await serverWith(
      (request, response) => {
        if (!/get-history.*metric_key=loss/.test(request.url ?? '')) return false;
        asked++;
        return answer(response, '{}');
      },
      { runs, keepsFiles },
    );
    const store = storeOf(server.uri);
    const [ref] = await collect(store.runs(EXPERIMENT, never()));
    const notices: Notice[] = [];
    const marks: string[] = [];
    const batches = await collect(store.history(ref!, 'loss', listening(notices), (mark) => marks.push(mark)));
    expect(batches.map(({ steps, values, timestamps }) => [[...steps], [...values], [...timestamps]])).toEqual([
      [[7n], [value], [5]],
    ]);
    expect(notices).toEqual([{ kind: 'history-missing', metric: 'loss' }]);
    expect({ asked, marks }).toEqual({ asked: 2, marks: [] });
  });

  test('are not asked for when the run lists no such metric', async () => {
    const server = await serverWith(undefined, { runs: [{ runId: RUN, experimentId: '1' }] });
    const store = storeOf(server.uri);
    const [ref] = await collect(store.runs(EXPERIMENT, never()));
    const before = server.requests.length;
    expect(await collect(store.history(ref!, '', listening([])))).toEqual([]);
    expect(server.requests.slice(before).filter((request) => request.includes('get-history'))).toEqual([]);
  });

  test('are read when the second answer has them', async () => {
    const runs = [{ runId: RUN, experimentId: '1', metrics: { loss: series(3) } }];
    let asked = 0;
    const server = await serverWith(
      (request, response) => request.url?.includes('get-history') === true && asked++ === 0 && answer(response, '{}'),
      { runs },
    );
    const store = storeOf(server.uri);
    const [ref] = await collect(store.runs(EXPERIMENT, never()));
    const notices: Notice[] = [];
    const [batch] = await collect(store.history(ref!, 'loss', listening(notices)));
    expect({ steps: [...batch!.steps], notices }).toEqual({ steps: [0n, 1n, 2n], notices: [] });
  });
});

test('a late point that moves others onto the next page makes none of them come twice', async () => {
  const loss = series(26_000);
  const server = await serverWith(
    (request) => {
      if (request.url?.includes('page_token'))
        loss.unshift({ timestamp: 1, value: 1, step: 1n }, { timestamp: 2, value: 1, step: 1n });
      return false;
    },
    { runs: [{ runId: RUN, experimentId: '1', metrics: { loss } }] },
  );
  const store = storeOf(server.uri);
  const [ref] = await collect(store.runs(EXPERIMENT, never()));
  const batches = await collect(store.history(ref!, 'loss', listening([])));
  expect(batches.flatMap(({ steps }) => [...steps])).toEqual(Array.from({ length: 26_000 }, (_, at) => BigInt(at)));
});

test.each([
  ['0 before NaN', [0, NaN]],
  ['NaN before 0', [NaN, 0]],
])('two points at one time and step on two pages both come: %s', async (_, [last, next]) => {
  const loss = series(26_000);
  const at = { timestamp: loss[24_999]!.timestamp, step: 24_999n };
  loss.splice(24_999, 2, { ...at, value: last! }, { ...at, value: next! });
  const server = await serverWith(undefined, { runs: [{ runId: RUN, experimentId: '1', metrics: { loss } }] });
  const store = storeOf(server.uri);
  const [ref] = await collect(store.runs(EXPERIMENT, never()));
  const batches = await collect(store.history(ref!, 'loss', listening([])));
  const values = batches.flatMap((batch) => [...batch.values]);
  expect(values).toHaveLength(26_000);
  expect(values.slice(24_999, 25_001)).toEqual([last, next]);
});

describe('logged models that a server does not give', () => {
  const models = [{ id: 'm-1', name: 'model', step: 7 }];
  const runs = [{ runId: RUN, experimentId: '1', models }];

  test.each([
    ['the list', 'logged-models/search', 403],
    ['the list', 'logged-models/search', 500],
    ['one', 'logged-models/m-1', 403],
    ['one', 'logged-models/m-1', 500],
    ['one', 'logged-models/m-1', 404],
  ])('are unread, and looked at again: %s (%s answers %d)', async (_, path, status) => {
    let away = true;
    const server = await serverWith(
      (request, response) => away && request.url?.endsWith(path) === true && answer(response, 'no', {}, status),
      { runs },
    );
    const store = storeOf(server.uri);
    const read = async () => {
      const [ref] = await collect(store.runs(EXPERIMENT, never()));
      const notices: Notice[] = [];
      const run = await store.run(ref!, listening(notices));
      return { run, notices, revision: await store.revision(ref!, never()) };
    };
    const without = await read();
    expect(without.notices).toMatchObject([{ kind: 'field-unreadable', field: 'models', unread: { part: 'models' } }]);
    away = false;
    const whole = await read();
    expect(whole.notices).toEqual([]);
    expect(whole.run.models).toHaveLength(1);
    if (path.endsWith('search')) expect(whole.revision).not.toBe(without.revision);
  });

  test('are unread with the metrics whose datasets they tell', async () => {
    const metrics = [{ key: 'loss', timestamp: 1000, step: 0, value: 0, dataset_name: 'train', run_id: RUN }];
    const server = await serverWith(
      (request, response) => request.url?.endsWith('logged-models/m-1') === true && answer(response, 'no', {}, 403),
      { runs: [{ runId: RUN, experimentId: '1', metrics: { loss: series(2) }, models: [{ ...models[0]!, metrics }] }] },
    );
    const store = storeOf(server.uri);
    const [ref] = await collect(store.runs(EXPERIMENT, never()));
    const notices: Notice[] = [];
    expect(await collect(store.history(ref!, 'loss', listening(notices)))).toEqual([]);
    expect(notices).toMatchObject([{ unread: { part: 'metrics', item: 'loss' } }]);
  });

  test('because it knows none are none', async () => {
    const server = await serverWith(undefined, { runs: [{ runId: RUN, experimentId: '1' }], version: 2 });
    const store = storeOf(server.uri);
    const [ref] = await collect(store.runs(EXPERIMENT, never()));
    const notices: Notice[] = [];
    expect({ ...(await store.run(ref!, listening(notices))), notices }).toMatchObject({ models: [], notices: [] });
  });
});

test('a model tells the datasets of the points of a run, whichever run it is of', async () => {
  const point = { key: 'loss', timestamp: 1001, step: 1, value: 1 / 3 };
  const metrics = [
    { ...point, dataset_name: 'train', dataset_digest: 'd', run_id: RUN },
    { ...point, timestamp: 1000, step: 0, value: 0, run_id: RUN },
    { ...point, timestamp: 1002, step: 2, value: 2 / 3, dataset_name: 'other', run_id: 'c'.repeat(32) },
  ];
  const runs: FakeRun[] = [
    { runId: RUN, experimentId: '1', metrics: { loss: series(3) } },
    { runId: 'b'.repeat(32), experimentId: '1', models: [{ id: 'm-1', name: 'model', metrics }] },
  ];
  const server = await serverWith(undefined, { runs });
  const store = storeOf(server.uri);
  const ref = (await collect(store.runs(EXPERIMENT, never()))).find(({ runId }) => runId === RUN)!;
  const batches = await collect(store.history(ref, 'loss', listening([])));
  const found = batches.map(({ dataset, steps }) => ({ dataset, steps: [...steps] }));
  expect(found).toEqual([
    { dataset: undefined, steps: [0n, 2n] },
    { dataset: { name: 'train', digest: 'd' }, steps: [1n] },
  ]);
  expect((await store.run(ref, listening([]))).models).toEqual([]);
  const changes = await collect(store.changesSince(ref, new Map(), listening([])));
  expect(changes).toEqual([{ type: 'rewritten', key: 'loss' }]);
});

test('the datasets that a server over a file store tells in its histories are those of the points', async () => {
  const history = {
    metrics: [
      { value: 0.5, timestamp: 1, step: 0, dataset_name: 'train', dataset_digest: 'd' },
      { value: 0.25, timestamp: 2, step: 7 },
      { value: 0.75, timestamp: 3, step: 0, dataset_name: 'train', dataset_digest: 'd' },
    ],
  };
  const server = await serverWith(
    (request, response) =>
      request.url?.includes('metrics/get-history?') === true && answer(response, JSON.stringify(history)),
    { runs: [{ runId: RUN, experimentId: '1', metrics: { loss: series(3) } }], keepsFiles: true },
  );
  const store = storeOf(server.uri);
  const [ref] = await collect(store.runs(EXPERIMENT, never()));
  const batches = await collect(store.history(ref!, 'loss', listening([])));
  expect(batches.map(({ dataset, values }) => [dataset?.name, [...values]])).toEqual([
    ['train', [0.5, 0.75]],
    [undefined, [0.25]],
  ]);
});
