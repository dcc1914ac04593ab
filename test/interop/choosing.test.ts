import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { ConvertError } from '../../src/errors.js';
import type { TrackingStore } from '../../src/mlflow/common/tracking-store.js';
import { openStore } from '../../src/mlflow/open-store.js';
import { searchRuns } from '../../src/mlflow/search/search-runs.js';
import { collect } from '../contract/tracking-store.js';
import { FilterGenerator, randomNumbers } from './generated-filters.js';
import { convert, scratch } from './harness.js';
import { serveMlflow } from './mlflow-server.js';
import { python, pythonLines } from './python.js';
import { createDatabase, type ServerDialect, type TestDatabase } from './sql-server.js';
import { createSqliteDatabase } from './sqlite-template.js';

const RUNS = 24;
const SEED = Number(process.env.MLFLOW2AIM_TEST_SEED ?? 20_240_531);

interface Asked {
  readonly filter: string;
  /** What MLflow's client finds; undefined if it refuses. */
  readonly expected: readonly string[] | undefined;
  /** What we find; the sentence if we refuse. */
  readonly found: readonly string[] | string;
}

const databases: TestDatabase[] = [];
afterAll(async () => {
  for (const database of databases) await database.drop();
});

type Answer = readonly string[] | { readonly error: string };

async function fill(uri: string, generator: FilterGenerator): Promise<Record<string, string>> {
  const text = await python(['search_runs.py', 'fill', uri, await scratch()], JSON.stringify(generator.runs(RUNS)));
  return JSON.parse(text) as Record<string, string>;
}

/** Asks MLflow and us for the same filters. */
async function compare(uri: string, filters: readonly string[]): Promise<Asked[]> {
  const input = filters.map((filter) => `${JSON.stringify(filter)}\n`).join('');
  const answers = await pythonLines<Answer>(['search_runs.py', 'ask', uri], input);
  const store = openStore(uri);
  try {
    const asked: Asked[] = [];
    for (const [i, filter] of filters.entries()) {
      const answer = answers[i]!;
      const expected = 'error' in answer ? undefined : answer;
      asked.push({ filter, expected, found: await find(store, filter) });
    }
    return asked;
  } finally {
    await store.close();
  }
}

async function find(store: TrackingStore, filter: string): Promise<string[] | string> {
  const { signal } = new AbortController();
  const experiments = await collect(store.experiments(signal));
  const experiment = experiments.find(({ name }) => name === 'searched')!;
  try {
    const found = await collect(searchRuns(store, experiment, { filter }, signal));
    return found.flatMap(({ ref, isDeleted }) => (isDeleted ? [] : [ref.runId])).sort();
  } catch (cause) {
    if (!(cause instanceof ConvertError) || cause.code !== 'invalid-argument') throw cause;
    return cause.message;
  }
}

/** A file store refuses a comparison only when it comes to it; an AND that is missing makes nonsense of a key for MLflow. */
function isRight({ expected, found }: Asked, kind: string): boolean {
  if (typeof found !== 'string') return expected !== undefined && JSON.stringify(found) === JSON.stringify(expected);
  return expected === undefined || kind === 'file' || found.includes('AND is missing');
}

async function newStore(kind: string): Promise<string> {
  const directory = await scratch();
  switch (kind) {
    case 'file':
      return join(directory, 'mlruns');
    case 'sqlite': {
      const file = join(directory, 'mlflow.db');
      await createSqliteDatabase(file);
      return `sqlite:///${file}`;
    }
    case 'server':
      return (await serveMlflow()).url;
    default: {
      const database = await createDatabase(kind as ServerDialect);
      databases.push(database);
      return database.uri;
    }
  }
}

test.each([
  ['file', 120],
  ['sqlite', 200],
  ['postgresql', 120],
  ['mysql', 120],
  ['server', 60],
])(
  'filters find in a store of kind %s what MLflow finds, and are refused where MLflow refuses (%d filters)',
  async (kind, count) => {
    const generator = new FilterGenerator(randomNumbers(SEED));
    const uri = await newStore(kind);
    const ids = Object.values(await fill(uri, generator));
    const filters = Array.from({ length: count }, () => generator.filter(ids));
    const asked = await compare(uri, filters);
    expect(asked.filter((one) => !isRight(one, kind))).toEqual([]);
    // the filters are worth asking: some find some runs, and some are refused
    const findsSome = asked.filter(
      ({ expected }) => expected !== undefined && expected.length > 0 && expected.length < RUNS / 2,
    );
    expect(findsSome.length).toBeGreaterThan(count / 10);
    expect(asked.some(({ expected }) => expected === undefined)).toBe(true);
  },
);

test('convert takes the runs that are chosen, and leaves the others in Aim as they are', async () => {
  const generator = new FilterGenerator(randomNumbers(SEED));
  const uri = await newStore('sqlite');
  await fill(uri, generator);
  const repo = await scratch();
  const filter = "attributes.status != 'FAILED' and params.model IS NOT NULL";
  const [expected] = await pythonLines<string[]>(['search_runs.py', 'ask', uri], `${JSON.stringify(filter)}\n`);
  const { runs } = await convert(uri, repo, ['--filter', filter, '--include-deleted', '--no-artifacts']);
  const taken = runs.filter(({ outcome }) => outcome === 'new').map(({ runId }) => runId);
  expect(taken).toEqual(expect.arrayContaining(expected!));
  const inAim = (await pythonLines<{ hash: string }>(['read_points.py', repo])).map(({ hash }) => hash);
  expect(inAim.sort()).toEqual(taken.sort());
  const again = await convert(uri, repo, [
    '--filter',
    "params.model = 'nothing'",
    '--no-artifacts',
    '--deleted',
    'remove',
  ]);
  expect(again.runs).toEqual([]);
  expect(await pythonLines(['read_points.py', repo])).toHaveLength(taken.length);
});
