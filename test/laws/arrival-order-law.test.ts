import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Repository } from '../../src/aim/repository.js';
import { sequenceId } from '../../src/aim/sequence.js';
import type { TrackingStore } from '../../src/mlflow/common/tracking-store.js';
import { FileStore } from '../../src/mlflow/file/file-store.js';
import { openStore } from '../../src/mlflow/open-store.js';
import { RestStore } from '../../src/mlflow/rest/rest-store.js';
import { DEFAULT_MAPPING, type RepeatedSteps } from '../../src/policies.js';
import { clientOf, serverWith } from '../mlflow/rest/client-of.js';
import type { FakeRun } from '../mlflow/rest/fake-server.js';
import { readPoints, type StoredPoint } from '../support/aim-records.js';
import { convertOnce, NOW } from '../support/conversions.js';
import { newStore } from '../support/example-store.js';
import type { Point } from '../support/points.js';
import { essence } from '../support/repository-state.js';
import { SqliteStoreBuilder } from '../support/sqlite-store-builder.js';
import { temporaryDirectory } from '../support/temporary.js';

/**
 * Which of several points at one time and step comes last decides what Aim keeps. Appending and converting the whole run
 * must agree about it for values that compare strangely, and so must a database and a server in front of it.
 */

const RUN = 'a'.repeat(32);
const LOSS = sequenceId('loss', new Map());
const POLICIES: readonly RepeatedSteps[] = ['auto', 'last', 'split', 'index'];

/** A source of one active run with one metric. */
interface Source {
  readonly open: () => TrackingStore;
  readonly log: (points: readonly Point[]) => void;
  readonly remove: () => void;
}

function fileSource(): Source {
  const store = newStore();
  const directory = store.run('1', { runId: RUN, status: 1, endTime: null, startTime: NOW - 2000 });
  const text = (value: number) => (Object.is(value, -0) ? '-0.0' : String(value).replace('Infinity', 'inf'));
  return {
    open: () => new FileStore(store.root),
    log: (points) => {
      const lines = points.map(({ timestamp, value, step }) => `${timestamp} ${text(value)} ${step}\n`);
      mkdirSync(join(directory, 'metrics'), { recursive: true });
      appendFileSync(join(directory, 'metrics', 'loss'), lines.join(''));
    },
    remove: () => store.remove(),
  };
}

function databaseSource(): Source {
  const builder = new SqliteStoreBuilder();
  builder.experiment({ id: 0, name: 'Default' });
  mkdirSync(join(builder.directory, 'mlruns'));
  builder.run(0, { runId: RUN, status: 'RUNNING', startTime: NOW - 2000, endTime: null });
  return {
    open: () => openStore(builder.uri),
    log: (points) => builder.points(RUN, 'loss', points),
    remove: () => builder.remove(),
  };
}

/** A server in front of a database, which keeps NaN as 0 and sorts by time, step and value only: equal points in any order. */
async function serverSource(newestFirst: boolean): Promise<Source> {
  const metrics: { loss?: Point[] } = {};
  const run: FakeRun = { runId: RUN, experimentId: '0', status: 'RUNNING', start: NOW - 2000, metrics };
  const server = await serverWith(undefined, { experiments: [{ id: '0', name: 'Default' }], runs: [run] });
  // String(-0) is 0, as the two are one to a database
  const key = ({ timestamp, step, value }: Point) => `${timestamp} ${step} ${String(value)}`;
  return {
    open: () => new RestStore(clientOf(server.uri)),
    log: (points) => {
      const loss = new Map((metrics.loss ?? []).map((point) => [key(point), point]));
      for (const point of points) if (!loss.has(key(point))) loss.set(key(point), point); // as a primary key does
      const all = [...loss.values()].sort((a, b) => Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value)));
      metrics.loss = newestFirst ? all.reverse() : all;
    },
    remove: () => {},
  };
}

async function convert(source: Source, directory: string, repeatedSteps: RepeatedSteps): Promise<boolean> {
  const store = source.open();
  try {
    const mapping = { ...DEFAULT_MAPPING, repeatedSteps };
    const { results } = await convertOnce(store, Repository.open(directory), {}, { mapping });
    expect(results.map(({ report }) => report.outcome)).not.toContain('failed');
    return results.some(({ staged }) => staged?.files?.appendsTo !== undefined);
  } finally {
    await store.close();
  }
}

/** Points at few times and steps, so that most share them with others. */
const point: fc.Arbitrary<Point> = fc.record({
  timestamp: fc.constantFrom(NOW - 1000, NOW - 999),
  step: fc.constantFrom(3n, 4n),
  value: fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1),
});
const points = fc.array(point, { minLength: 1, maxLength: 8 });

let appended = 0;

/** Points in Aim, after the claim that appending and converting whole agree about them. */
async function stored(source: Source, parts: readonly (readonly Point[])[], policy: RepeatedSteps) {
  const [repo, fresh] = [temporaryDirectory(), temporaryDirectory()];
  try {
    for (const part of parts) {
      source.log(part);
      if (await convert(source, repo, policy)) appended++;
    }
    await convert(source, fresh, policy);
    expect(essence(repo)).toEqual(essence(fresh));
    const [hash] = Repository.open(fresh).hashes();
    return readPoints(Repository.open(fresh).seqs(hash!), hash!, LOSS);
  } finally {
    source.remove();
  }
}

/** A server tells that a metric has changed by its point with the highest step: points before that are found with it. */
const newest: Point = { timestamp: NOW - 998, step: 5n, value: NaN };

/** Tried first, so that appending is certainly among what is tried. */
const usual: Point[][] = [
  [0, NaN].map((value) => ({ timestamp: NOW - 1000, step: 3n, value })),
  [NaN, 0, -0].map((value) => ({ timestamp: NOW - 999, step: 4n, value })),
];

test.each<[string, () => Source | Promise<Source>]>([
  ['a file store', fileSource],
  ['a database', databaseSource],
  ['a server', () => serverSource(false)],
  ['a server that gives equal points the other way round', () => serverSource(true)],
])('appending and converting the whole run agree about points at one time and step: %s', async (_, open) => {
  appended = 0;
  await fc.assert(
    fc.asyncProperty(points, points, fc.constantFrom(...POLICIES), async (first, second, policy) => {
      await stored(await open(), [first, [...second, newest]], policy);
    }),
    {
      numRuns: 6,
      examples: POLICIES.map((policy): [Point[], Point[], RepeatedSteps] => [usual[0]!, usual[1]!, policy]),
    },
  );
  expect(appended).toBeGreaterThan(0);
});

test('a database and servers in front of it give the same points', async () => {
  await fc.assert(
    fc.asyncProperty(points, fc.constantFrom(...POLICIES), async (all, policy) => {
      // SQLite keeps no negative zero
      const logged = all.map((one) => ({ ...one, value: one.value === 0 ? 0 : one.value }));
      const sources = [databaseSource(), await serverSource(false), await serverSource(true)];
      const found: StoredPoint[][] = [];
      for (const source of sources) found.push(await stored(source, [logged], policy));
      expect(found[1]).toEqual(found[0]);
      expect(found[2]).toEqual(found[0]);
    }),
    { numRuns: 5, examples: [[usual.flat(), 'index']] },
  );
});
