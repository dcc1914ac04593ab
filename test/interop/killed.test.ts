import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay, setImmediate as immediate } from 'node:timers/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { differences, expectedRuns, readAim, some } from './compare.js';
import { kinds, tree } from './files.js';
import { CLI, convert, makeStore, scratch, start } from './harness.js';
import { python } from './python.js';
import { digests } from './rocks.js';

/** How often each kind of kill is tried; more with MLFLOW2AIM_TEST_KILLS. Every step of publishing is broken off in test/laws. */
const KILLS = Number(process.env.MLFLOW2AIM_TEST_KILLS ?? 5);
/** Fixed, so that a failure can be had again; the moments are fractions of a conversion that is measured here. */
const SEED = 20260;
const RUNS = 100;
const SIZE = ['--runs', String(RUNS), '--metrics', '5', '--points', '20'];
const FILES = ['--images', '2', '--texts', '1', '--experiments', '3'];

let store: string;
let expected: Expected;

beforeAll(async () => {
  store = await makeStore('fast', ...SIZE, ...FILES);
  expected = await undisturbed(store);
});

test(`killed at ${KILLS} moments, and run again: as if nothing had happened`, async () => {
  const seen: number[] = [];
  for (const moment of moments(SEED, expected)) {
    const repo = await scratch();
    // the moment of the kill is what is tried here, hence a timer
    await killed(store, repo, () => delay(moment));
    seen.push((await readdir(repo, { recursive: true })).length);
    await expectWholeRuns(repo, expected.digests);
    await expectMended(store, repo, expected);
  }
  // the moments must have been spread over the conversion, or nothing was tried
  expect(new Set(seen).size).toBeGreaterThan(KILLS / 3);
});

test('killed while the runs are being published, and run again: as if nothing had happened', async () => {
  const random = randomNumbers(SEED + 1);
  for (const directory of ['seqs/chunks', 'meta/chunks', 'meta/chunks', 'meta/index']) {
    const repo = await scratch();
    const entries = directory.endsWith('index') ? 1 : 1 + Math.floor(random() * RUNS);
    await killed(store, repo, () => untilFilled(join(repo, '.aim', directory), entries));
    await expectWholeRuns(repo, expected.digests);
    await expectMended(store, repo, expected);
  }
});

test.each(['SIGINT', 'SIGTERM'] as const)('interrupted by %s: what is counted is what Aim lists', async (signal) => {
  for (const moment of moments(SEED + signal.length, expected).slice(-2)) {
    const repo = await scratch();
    const report = join(repo, 'report.json');
    await killed(store, repo, () => delay(moment), signal, ['--report', report]);
    await expectWholeRuns(repo, expected.digests);
    const rows = existsSync(join(repo, '.aim/run_metadata.sqlite')) ? await listed(repo) : [];
    expect(countedIn(report)).toEqual({ new: rows.length, published: rows.length, listed: rows });
  }
});

test('killed again and again, a conversion still gets done', async () => {
  const repo = await scratch();
  for (const moment of moments(SEED + 2, expected)) await killed(store, repo, () => delay(moment));
  await expectMended(store, repo, expected);
});

test('killed while an update is under way, the runs are as they were or as they should be', async () => {
  const small = await makeStore('small');
  const repo = await scratch();
  await convert(small, repo);
  const before = await digests(repo);
  const changed = (await python(['change_run.py', small, 'point'])).trim();
  const updated = await undisturbed(small);
  for (const moment of moments(SEED + 3, updated)) {
    const copy = await scratch();
    await cp(repo, copy, { recursive: true, preserveTimestamps: true });
    await killed(small, copy, () => delay(moment));
    const found = await digests(copy);
    for (const name of [`meta/chunks/${changed}`, `seqs/chunks/${changed}`]) {
      expect([before[name], updated.digests[name]]).toContain(found[name]);
    }
    await expectMended(small, copy, updated);
  }
});

/** Milliseconds after which a conversion is killed: random, and one in each part of the time that it takes. */
function moments(seed: number, { duration }: Expected): number[] {
  const random = randomNumbers(seed);
  return Array.from({ length: KILLS }, (_, kill) => ((kill + random()) / KILLS) * duration);
}

type Expected = Awaited<ReturnType<typeof undisturbed>>;

async function expectMended(store: string, repo: string, expected: Expected): Promise<void> {
  await convert(store, repo);
  expect(await digests(repo)).toEqual(expected.digests);
  expect(await filesOf(repo)).toEqual(expected.files);
}

/** What a conversion leaves that nobody kills, and how long it takes. */
async function undisturbed(store: string) {
  const repo = await scratch();
  const began = performance.now();
  await convert(store, repo);
  const duration = performance.now() - began;
  expect(some(differences(await expectedRuns(store), (await readAim(repo)).runs))).toBe('');
  return { duration, digests: await digests(repo), files: await filesOf(repo) };
}

/** Starts a conversion and kills it when the moment has come, or lets it be done before. */
async function killed(
  store: string,
  repo: string,
  moment: () => Promise<unknown>,
  signal: NodeJS.Signals = 'SIGKILL',
  flags: readonly string[] = [],
): Promise<void> {
  const args = [CLI, 'convert', '--tracking_uri', store, '--repo', repo, '--quiet', ...flags];
  const { child, finished } = start(process.execPath, args);
  await Promise.race([moment(), finished]);
  child.kill(signal);
  await finished;
}

/** What a report counts as new, and names; nothing when the conversion was over before it began one. */
function countedIn(report: string) {
  if (!existsSync(report)) return { new: 0, published: 0, listed: [] };
  const { runs, summary } = JSON.parse(readFileSync(report, 'utf8')) as {
    runs: { runHash: string; outcome: string }[];
    summary: { runs: { new: number }; runsPublished: number };
  };
  const names = runs.filter(({ outcome }) => outcome === 'new').map(({ runHash }) => runHash);
  return { new: summary.runs.new, published: summary.runsPublished, listed: names.sort() };
}

/** Looks at a directory as often as this process can, so that it is seen while it fills. */
async function untilFilled(directory: string, entries: number): Promise<void> {
  const end = performance.now() + 60_000;
  while (performance.now() < end) {
    if (existsSync(directory) && readdirSync(directory).length >= entries) return;
    await immediate();
  }
}

/** Whatever Aim lists is whole, record by record. */
async function expectWholeRuns(repo: string, expected: Readonly<Record<string, string>>): Promise<void> {
  const runs = existsSync(join(repo, '.aim/run_metadata.sqlite')) ? await listed(repo) : [];
  const found = runs.length === 0 ? {} : await digests(repo);
  for (const name of runs.flatMap((run) => [`meta/chunks/${run}`, `seqs/chunks/${run}`])) {
    expect(`${name} ${found[name]}`).toBe(`${name} ${expected[name]}`);
  }
}

/** The runs that a query of Aim lists. */
function listed(repo: string): Promise<string[]> {
  return python(['list_runs.py', repo]).then((text) => JSON.parse(text) as string[]);
}

/** The files of a repository, whatever their numbers; what a converted run or the index is made of must not depend on a kill. */
async function filesOf(repo: string): Promise<string[]> {
  return kinds((await tree(join(repo, '.aim'))).keys());
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}
