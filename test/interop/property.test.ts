import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { some } from './compare.js';
import { type GeneratedPoint, type GeneratedRun, generatedRun, START, writeGeneratedStore } from './generated-store.js';
import { convert, scratch } from './harness.js';
import { pythonLines } from './python.js';

/** Runs converted by one command, and how many commands: a process for each run would cost more than it finds. */
const RUNS = 60;
const STORES = 6;

/** A run as read_points.py prints it: what is in Aim's databases, record by record. */
interface RawRun {
  readonly hash: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly metrics: Readonly<Record<string, readonly (readonly [string, string, string])[]>>;
}

const stores = fc.array(generatedRun, { minLength: RUNS, maxLength: RUNS });

test.each([
  ['kept as strings', ['--raw-params']],
  ['typed', []],
])('any run of a file store is in Aim as it was, params %s', async (_name, flags) => {
  await fc.assert(
    fc.asyncProperty(stores, async (generated) => {
      const runs = generated.map((run, index) => ({ ...run, id: `run_${String(index).padStart(4, '0')}` }));
      const [store, repo] = [join(await scratch(), 'mlruns'), await scratch()];
      await writeGeneratedStore(store, runs);
      await convert(store, repo, flags);
      const read = new Map((await pythonLines<RawRun>(['read_points.py', repo])).map((run) => [run.hash, run]));
      expect([...read.keys()]).toEqual(runs.map(({ id }) => id));
      const params = await canonicalParams(runs, flags.length > 0);
      expect(some(runs.flatMap((run, index) => wrong(run, params[index] ?? {}, read.get(run.id))))).toBe('');
    }),
    // a failure names the run and the place; to shrink a store of 60 runs would take hours
    { numRuns: STORES, endOnFailure: true },
  );
});

/** Strings as they are, or typed by Python's own literal_eval (expected.py --typed). */
async function canonicalParams(runs: readonly GeneratedRun[], raw: boolean): Promise<Record<string, unknown>[]> {
  const all = runs.flatMap((run) => [...run.params.values()]);
  const lines = all.map((value) => `${JSON.stringify(value)}\n`).join('');
  const values = raw
    ? all.map((value) => `str:${value}`)
    : await pythonLines<unknown>(['expected.py', '--typed', '-'], lines);
  const rest = values.values();
  return runs.map((run) => Object.fromEntries([...run.params.keys()].map((name) => [name, rest.next().value])));
}

function wrong(run: GeneratedRun, params: Record<string, unknown>, read: RawRun | undefined): string[] {
  const found: string[] = [];
  const check = (what: string, expected: unknown, actual: unknown) => {
    // not by their JSON texts: Aim hands out the keys of a dict in the order of its own encoding
    if (isDeepStrictEqual(expected, actual)) return;
    found.push(`${run.id} ${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(actual)}`);
  };
  check('params', sorted(Object.keys(params)), sorted(Object.keys(read?.params ?? {})));
  for (const [name, value] of Object.entries(params)) check(`param ${name}`, value, read?.params[name]);
  check(
    'metrics',
    sorted([...run.metrics.keys()].map((name) => `${name} {}`)),
    sorted(Object.keys(read?.metrics ?? {})),
  );
  for (const [name, points] of run.metrics)
    check(`metric ${name}`, expectedPoints(points), read?.metrics[`${name} {}`]);
  return found;
}

function sorted(names: readonly string[]): string[] {
  return [...names].sort();
}

/** The policy `auto`: points that all lie on one step are numbered, otherwise the last to arrive at a place wins. */
function expectedPoints(points: readonly GeneratedPoint[]): [string, string, string][] {
  const oneStep = points.length > 1 && points.every(({ step }) => step === points[0]?.step);
  const placed = oneStep ? points.map((point, index) => ({ ...point, step: BigInt(index) })) : points;
  const kept = new Map(placed.map((point) => [place(point.step), point]));
  return [...kept.values()]
    .sort((a, b) => (a.step < b.step ? -1 : 1))
    .map(({ step, value, timestamp }) => [String(step), bits(value), bits(inSeconds(timestamp))]);
}

/** Times before March 1973 are seconds where that is not earlier than a day before the run (mapping.md). */
function inSeconds(timestamp: number): number {
  return timestamp < 1e11 && timestamp >= START / 1000 - 86_400 ? timestamp : timestamp / 1000;
}

const MODULUS = 2n ** 61n - 1n;

/** Where Aim keeps the point of a step: by a hash of its double, modulo a prime, so huge steps may share a place. */
function place(step: bigint): bigint {
  return BigInt(Number(step)) % MODULUS;
}

function bits(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
}
