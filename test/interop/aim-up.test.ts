import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type AimServer, serve, until } from './aim-server.js';
import { differences, expectedRuns, type RunRecord, some } from './compare.js';
import { convert, makeStore, type Shape, scratch } from './harness.js';
import { pythonLines } from './python.js';

/** What aim's REST interface tells of a run and of a sequence; the rest is compared through the SDK elsewhere. */
const PROPERTIES = [
  'hash',
  'name',
  'description',
  'experiment',
  'tags',
  'archived',
  'active',
  'creation_time',
  'end_time',
];
const KINDS = ['metrics', 'images', 'texts', 'audios'];

test.each<Shape>(['small', 'edge', 'artifacts'])('aim up serves the %s store as MLflow has it', async (shape) => {
  const store = await makeStore(shape);
  const repo = await scratch();
  await convert(store, repo);
  const server = await serve(repo);
  const told = await pythonLines<RunRecord>(['read_rest.py', server.url]);
  await server.stop();
  const expected = new Map([...(await expectedRuns(store))].map(([hash, run]) => [hash, asServed(run)]));
  const actual = new Map(told.map((run) => [run.hash, { ...run, log_records: [] }]));
  expect(some(differences(expected, actual))).toBe('');
});

test('aim up finds nothing to index in what was converted', async () => {
  const repo = await scratch();
  await convert(await makeStore('small'), repo);
  const chunks = join(repo, '.aim/meta/chunks');
  const runs = await readdir(chunks);
  const server = await serve(repo);
  // A run that is touched is found by the next pass of the monitor; when that has happened twice, the pass between was whole.
  for (const times of [1, 2]) await touchUntilSeen(server, join(chunks, runs[0]!), times);
  const indexed = new Set([...server.log().matchAll(/Triggering indexing for run (\w+)/g)].map((found) => found[1]));
  expect([...indexed]).toEqual([runs[0]]);
});

async function touchUntilSeen(server: AimServer, chunk: string, times: number): Promise<void> {
  const now = new Date();
  await utimes(join(chunk, 'CURRENT'), now, now);
  const passes = () => server.log().split(`Stopped monitoring chunk: ${chunk.split('/').at(-1)}`).length - 1;
  await until(`aim up has indexed ${chunk} ${times} times`, () => passes() >= times, server.log);
}

/** The part of an expectation that the REST interface tells: it leaves out what only the SDK shows. */
function asServed(run: RunRecord): RunRecord {
  const served: Record<string, unknown> = Object.fromEntries(PROPERTIES.map((name) => [name, run[name]]));
  const { __system_params: _hidden, ...attributes } = run.attributes as Record<string, unknown>;
  for (const kind of KINDS) {
    const sequences = Object.entries((run[kind] ?? {}) as Record<string, Record<string, unknown>>);
    if (sequences.length === 0) continue;
    served[kind] = Object.fromEntries(sequences.map(([name, found]) => [name, columns(kind, found)]));
  }
  return { ...served, hash: run.hash, attributes, log_records: { required: {}, optional: 0, level: '', time: {} } };
}

/** REST sends the steps of metrics as doubles, single objects as lists of one, and no mode of a picture. */
function columns(kind: string, sequence: Record<string, unknown>): Record<string, unknown> {
  const { steps, values, times } = sequence;
  const rounded = (steps as string[]).map((step) => BigInt(Number(step)).toString());
  return kind === 'metrics'
    ? { steps: rounded, values, times }
    : { steps, values: (values as unknown[]).map((value) => withoutMode(Array.isArray(value) ? value : [value])) };
}

function withoutMode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMode);
  if (typeof value !== 'object' || value === null) return value;
  const { mode: _mode, ...rest } = value as Record<string, unknown>;
  return rest;
}
