import { afterEach, expect, test } from '@jest/globals';
import type { RunSearch } from '../../../src/mlflow/common/run-search.js';
import { HttpClient } from '../../../src/mlflow/http/http-client.js';
import { RestStore } from '../../../src/mlflow/rest/rest-store.js';
import { collect, never, silent } from '../../contract/tracking-store.js';
import { makeExperiment } from '../../mapping/fixtures.js';
import { type FakeRun, FakeServer } from './fake-server.js';

const EXPERIMENT = makeExperiment({ id: '1', name: 'x' });
const id = (number: number) => number.toString(16).padStart(32, '0');
const runs: FakeRun[] = Array.from({ length: 250 }, (_, i) => ({
  runId: id(i),
  experimentId: '1',
  name: `run ${i}`,
  status: i % 2 === 0 ? 'FINISHED' : 'FAILED',
  start: 1000 + i,
  params: { even: String(i % 2 === 0) },
  metrics: { loss: [{ timestamp: i, value: i, step: 0n }] },
}));

const servers: FakeServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function search(conditions: RunSearch) {
  const server = await FakeServer.start({ experiments: [{ id: '1', name: 'x' }], runs });
  servers.push(server);
  const store = new RestStore(new HttpClient(server.uri, { concurrency: 2 }, {}));
  const found = await collect(store.searchRuns(EXPERIMENT, conditions, never()));
  const filters = server.bodies.filter(({ run_view_type: type }) => type !== undefined).map(({ filter }) => filter);
  return { server, store, found, filters: new Set(filters), ids: found.map(({ ref }) => ref.runId) };
}

test('a server gets a filter as it is, and the other conditions are held against what it finds', async () => {
  const filter = "  params.even = 'true'  AND metrics.loss>=100";
  const { ids, filters } = await search({ filter, until: 1104, isNamed: (name) => name !== 'run 102' });
  expect(filters).toEqual(new Set([filter]));
  expect(ids).toEqual([id(100), id(104)]);
});

test('a server is asked for what it can tell of conditions without a filter', async () => {
  const some = await search({ since: 1100.5, until: 1102, statuses: new Set(['FINISHED']) });
  expect(some.ids).toEqual([id(102)]);
  const [filter] = some.filters;
  expect(filter).toContain('attributes.start_time >= 1100 and attributes.start_time <= 1102');
  expect(filter).toContain("attributes.status != 'FAILED'");
  expect(filter).not.toContain('FINISHED');
  const byId = await search({ runIds: new Set([id(7), "x') or ('", id(3)]) });
  expect(byId.ids.sort()).toEqual([id(3), id(7)]);
  expect(byId.filters).toEqual(new Set([`attributes.run_id IN ('${id(7)}', '${id(3)}')`]));
  expect((await search({ isNamed: () => true })).filters).toEqual(new Set([undefined]));
});

test('runs that were found are read ahead together, as those of a whole listing', async () => {
  const { store, server, found } = await search({ filter: "params.even = 'true'" });
  const before = server.requests.length;
  for (const { ref } of found) expect((await store.run(ref, silent())).id).toBe(ref.runId);
  // the fake server lists 100 runs with one request
  expect(server.requests.length - before).toBeLessThan(20);
});

test('what a server refuses is a fatal error with its words', async () => {
  const server = await FakeServer.start({ experiments: [{ id: '1', name: 'x' }], runs });
  servers.push(server);
  server.intercept = (request, response) => {
    if (!request.url!.includes('runs/search')) return false;
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error_code: 'INVALID_PARAMETER_VALUE', message: 'No datasets in this version' }));
    return true;
  };
  const store = new RestStore(new HttpClient(server.uri, { concurrency: 2 }, {}));
  const finding = collect(store.searchRuns(EXPERIMENT, { filter: "datasets.name = 'x'" }, never()));
  await expect(finding).rejects.toMatchObject({
    kind: 'fatal',
    code: 'invalid-argument',
    message: `The tracking server ${server.uri} refuses the filter: No datasets in this version.`,
  });
});
