import { afterEach, describe, expect, test } from '@jest/globals';
import { HttpClient } from '../../../src/mlflow/http/http-client.js';
import { RestStore } from '../../../src/mlflow/rest/rest-store.js';
import type { Experiment, PointBatch, RunRef } from '../../../src/model.js';
import { collect, never, silent } from '../../contract/tracking-store.js';
import { type FakePoint, type FakeRun, FakeServer } from './fake-server.js';

const EXPERIMENT: Experiment = { id: '1', name: 'x', lifecycleStage: 'active', tags: new Map() };
const id = (number: number): string => number.toString(16).padStart(32, '0');

const points = (count: number, seed: number): FakePoint[] =>
  Array.from({ length: count }, (_, at) => ({ timestamp: 1000 + at, value: seed + at / 7, step: BigInt(at) }));

let server: FakeServer;
let store: RestStore;
afterEach(async () => {
  await store.close();
  await server.stop();
});

async function serve(runs: FakeRun[], env: Record<string, string> = {}): Promise<RunRef[]> {
  server = await FakeServer.start({ experiments: [{ id: '1', name: 'x' }], runs: [...runs] });
  store = new RestStore(
    new HttpClient(server.uri, { concurrency: 3 }, { MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR: '0', ...env }),
  );
  return collect(store.runs(EXPERIMENT, never()));
}

const many = (count: number, keys: string[], each: number, more: Partial<FakeRun> = {}): FakeRun[] =>
  Array.from({ length: count }, (_, at) => ({
    runId: id(at),
    experimentId: '1',
    metrics: Object.fromEntries(keys.map((key, seed) => [key, points(each, at * 100 + seed)])),
    ...more,
  }));

async function readAll(ref: RunRef): Promise<Map<string, number[]>> {
  await store.run(ref, silent());
  const found = new Map<string, number[]>();
  for (const key of (await store.metricKeys(ref, silent())).sort()) {
    const batches: PointBatch[] = await collect(store.history(ref, key, silent()));
    found.set(
      key,
      batches.flatMap(({ values }) => [...values]),
    );
  }
  return found;
}

function expectWhole(run: FakeRun, read: Map<string, number[]>): void {
  for (const [key, all] of Object.entries(run.metrics ?? {}))
    expect(read.get(key)).toEqual(all.map(({ value }) => value));
  expect(read.size).toBe(Object.keys(run.metrics ?? {}).length);
}

const bulks = (): string[] => server.requests.filter((request) => request.includes('get-history-bulk'));

describe('reading ahead', () => {
  test('runs in the order of their listing are read with few requests, three at once', async () => {
    const runs = many(250, ['loss', 'acc'], 5);
    const refs = await serve(runs);
    for (let at = 0; at < refs.length; at += 3) {
      const reads = await Promise.all(refs.slice(at, at + 3).map(readAll));
      for (const [offset, read] of reads.entries()) expectWhole(runs[at + offset]!, read);
    }
    expect(bulks().length).toBeLessThan(40);
    expect(server.requests.filter((request) => request.includes('runs/get?')).length).toBeLessThan(10);
    expect(server.requests.every((request) => request.length < 4094)).toBe(true);
  });

  test('a single run among many is read alone', async () => {
    const runs = many(250, ['loss', 'acc'], 5);
    const refs = await serve(runs);
    server.requests.length = 0;
    expectWhole(runs[123]!, await readAll(refs[123]!));
    expect(bulks()).toHaveLength(2);
    expect(bulks().every((request) => request.split('run_id=').length === 2)).toBe(true);
  });

  test('answers that the server cuts without a word lose nothing', async () => {
    // all at step 0: nothing tells that there are so many
    const hidden = (seed: number): FakePoint[] => points(9000, seed).map((point) => ({ ...point, step: 0n }));
    const runs = many(8, [], 0).map((run, seed) => ({ ...run, metrics: { loss: hidden(seed) } }));
    const refs = await serve(runs);
    for (const [at, ref] of refs.entries()) expectWhole(runs[at]!, await readAll(ref));
  });

  test('a server that takes fewer runs at once, or none, is asked for fewer', async () => {
    const runs = many(60, ['loss'], 5);
    const refs = await serve(runs);
    server.intercept = (request, response) => {
      if (!request.url?.includes('bulk') || request.url.split('run_id=').length <= 21) return false;
      response.writeHead(400).end('{"error_code": "INVALID_PARAMETER_VALUE", "message": "too many"}');
      return true;
    };
    for (const [at, ref] of refs.entries()) expectWhole(runs[at]!, await readAll(ref));
    server.intercept = (request, response) => {
      if (!request.url?.includes('bulk')) return false;
      response.writeHead(404).end('<html>');
      return true;
    };
    for (const [at, ref] of refs.entries()) expectWhole(runs[at]!, await readAll(ref));
    expect(bulks().length).toBeLessThan(30);
  });

  test('a run that may still grow is read anew each time', async () => {
    const run: FakeRun = { runId: id(1), experimentId: '1', status: 'RUNNING', metrics: { loss: points(3, 0) } };
    const [ref] = await serve([run]);
    expectWhole(run, await readAll(ref!));
    const grown: FakeRun = { ...run, metrics: { loss: points(5, 0), late: points(1, 9) } };
    server.content.runs[0] = grown;
    expectWhole(grown, await readAll(ref!));
  });

  test('a run that has changed since it was listed is read as it is', async () => {
    const runs = many(20, ['loss'], 3);
    const refs = await serve(runs);
    const changed: FakeRun = { ...runs[7]!, tags: { new: 'tag' }, metrics: { loss: points(4, 5), more: points(2, 6) } };
    server.content.runs[7] = changed;
    for (const [at, ref] of refs.entries()) expectWhole(at === 7 ? changed : runs[at]!, await readAll(ref));
    expect((await store.run(refs[7]!, silent())).tags.get('new')).toBe('tag');
  });

  test('when runs before have gone since the listing, each is still found', async () => {
    const runs = many(30, ['loss'], 3);
    const refs = await serve(runs);
    server.content.runs.splice(0, 5);
    for (const [at, ref] of refs.entries()) if (at >= 5) expectWhole(runs[at]!, await readAll(ref));
  });

  test('one metric that the server cannot give fails its run, not those beside it', async () => {
    const runs = many(10, ['loss'], 3);
    const refs = await serve(runs, { MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0' });
    server.intercept = (request, response) => {
      if (!request.url?.includes(`run_id=${id(5)}`) || !request.url.includes('metrics/')) return false;
      response.writeHead(500).end();
      return true;
    };
    for (const [at, ref] of refs.entries()) {
      if (at === 5) await expect(readAll(ref)).rejects.toMatchObject({ kind: 'skip-run' });
      else expectWhole(runs[at]!, await readAll(ref));
    }
  });

  test('a page token that comes again is an error, not a loop', async () => {
    const refs = await serve(many(1, ['loss'], 26_000));
    server.intercept = (request, response) => {
      if (!request.url?.includes('get-history?')) return false;
      response.writeHead(200).end('{"metrics": [{"value": 1, "step": 1}], "next_page_token": "same"}');
      return true;
    };
    await expect(readAll(refs[0]!)).rejects.toMatchObject({
      kind: 'skip-run',
      message: expect.stringContaining('does not end'),
    });
  });
});

test('the revision changes with what a listing shows, and of a run that may grow with its artifacts', async () => {
  const run: FakeRun = { runId: id(1), experimentId: '1', status: 'RUNNING', metrics: { loss: points(3, 0) } };
  const revision = async (changed: Partial<FakeRun>): Promise<string> => {
    server.content.runs[0] = { ...run, ...changed };
    const [ref] = await collect(store.runs(EXPERIMENT, never()));
    return store.revision(ref!, never());
  };
  await serve([run]);
  const revisions = [
    await revision({}),
    await revision({ artifacts: { 'a.txt': 'x' } }),
    await revision({ artifacts: { 'a.txt': 'xy' } }),
    await revision({ metrics: { loss: points(4, 0) } }),
    await revision({ tags: { a: 'b' } }),
    await revision({ status: 'FINISHED' }),
    await revision({ models: [{ id: 'm-1', name: 'n', step: 1 }] }),
  ];
  expect(new Set(revisions).size).toBe(revisions.length);
  expect(await revision({})).toBe(revisions[0]);
});
