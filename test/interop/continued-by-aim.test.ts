import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Reading, readAim } from './compare.js';
import { convert, makeStore, outcomes, type Report, scratch } from './harness.js';
import { aim, python } from './python.js';
import { databases, digests } from './rocks.js';

let store: string;
let repo: string;
let runs: string[];

beforeEach(async () => {
  store = await makeStore('small');
  repo = await scratch();
  await convert(store, repo);
  runs = [...(await readAim(repo)).runs.keys()].sort();
});

const touch = (action: string) => python(['touch_aim.py', action, repo, runs[0]!]);
const reindex = () => aim('storage', '--repo', repo, 'reindex', '--yes');

interface Points {
  readonly steps: string[];
  readonly values: string[];
}

function metric(read: Reading, run: string, name: string): Points {
  const found = read.runs.get(run)?.metrics as Record<string, Points> | undefined;
  return found?.[`${name} {}`] ?? { steps: [], values: [] };
}

/** The report's line of the run that Aim has touched. */
function told(report: Report): string {
  const run = report.runs.find(({ runHash }) => runHash === runs[0]);
  return `${run?.outcome}: ${run?.reason ?? ''}`;
}

describe('a run that the SDK resumes', () => {
  test('goes on where it stopped, and keeps all it had', async () => {
    const before = await readAim(repo);
    await touch('continue');
    await reindex();
    const after = await readAim(repo);
    const [was, is] = [metric(before, runs[0]!, 'loss'), metric(after, runs[0]!, 'loss')];
    expect(is.steps).toEqual([...was.steps, '20']);
    expect(is.values.slice(0, -1)).toEqual(was.values);
    expect(after.runs.get(runs[0]!)?.attributes).toMatchObject({
      continued: { by: 'str:sdk' },
      mlflow_run_id: `str:${runs[0]}`,
    });
    expect(after.runs.get(runs[0]!)).toMatchObject({ active: false });
    expect(after.runs.size).toBe(runs.length);
  });

  test('is left alone by the next conversion, which says so when MLflow has news of it', async () => {
    await touch('continue');
    await reindex();
    const before = await digests(repo);
    await convert(store, repo);
    expect(await digests(repo)).toEqual(before);
    await python(['change_run.py', store, 'point']);
    const report = await convert(store, repo);
    expect(told(report)).toMatch(/^skipped: .+/);
    expect(outcomes(report)).toEqual({ skipped: 1, unchanged: runs.length - 1 });
    expect(await digests(repo)).toEqual(before);
  });

  test('is written again with --overwrite, as if it had never been touched', async () => {
    await touch('continue');
    await reindex();
    await python(['change_run.py', store, 'point']);
    const report = await convert(store, repo, ['--overwrite']);
    expect(told(report)).toBe('updated: ');
    const fresh = await scratch();
    await convert(store, fresh);
    expect(chunks(await digests(repo))).toEqual(chunks(await digests(fresh)));
    expect((await readAim(repo)).indexProblems).toEqual([]);
  });

  test('is written again with --overwrite also where MLflow has no news of it', async () => {
    const before = await digests(repo);
    await touch('continue');
    const report = await convert(store, repo, ['--overwrite']);
    expect(told(report)).toBe('updated: ');
    expect(outcomes(report)).toEqual({ updated: 1, unchanged: runs.length - 1 });
    expect(chunks(await digests(repo))).toEqual(chunks(before));
  });
});

/** The databases of the runs: the index keeps names that were once used, and rows what a person did. */
function chunks(found: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(found).filter(([name]) => name.includes('/chunks/')));
}

test.each([
  ['rename', { name: 'renamed in Aim' }],
  ['tag', { tags: ['tagged in Aim'] }],
  ['archive', { archived: true }],
])('what a person does in Aim (%s) stays through the next conversion', async (action, seen) => {
  await touch(action);
  await convert(store, repo);
  expect((await readAim(repo)).runs.get(runs[0]!)).toMatchObject(seen);
});

describe('a run that is removed with aim runs rm', () => {
  beforeEach(async () => {
    await aim('runs', '--repo', repo, 'rm', runs[0]!, '--yes');
  });

  test('is gone from every query, and stays away', async () => {
    expect((await readAim(repo)).runs.has(runs[0]!)).toBe(false);
    const report = await convert(store, repo);
    expect(told(report)).toMatch(/^skipped: .+/);
    expect((await readAim(repo)).runs.size).toBe(runs.length - 1);
  });

  test('comes back with --restore-removed', async () => {
    const report = await convert(store, repo, ['--restore-removed']);
    expect(told(report)).toBe('new: ');
    const read = await readAim(repo);
    expect(read.runs.size).toBe(runs.length);
    expect(read.indexProblems).toEqual([]);
  });
});

describe("Aim's own tools", () => {
  test('reindex gives the index that was there already', async () => {
    const before = await digests(repo);
    await reindex();
    expect(await digests(repo)).toEqual(before);
    expect((await readAim(repo)).indexProblems).toEqual([]);
  });

  test('runs ls lists every run and no corrupted one', async () => {
    expect(await aim('runs', '--repo', repo, 'ls')).toContain(`Total ${runs.length} runs.`);
    expect(await aim('runs', '--repo', repo, 'ls', '--corrupted')).toContain('Total 0 runs.');
  });

  test.each(['cp', 'mv'])('runs %s takes a run to another repository, whole', async (verb) => {
    const before = await readAim(repo);
    const other = await scratch();
    await aim('init', '--repo', other);
    expect(await aim('runs', '--repo', repo, verb, '--destination', other, runs[0]!)).toContain('Successfully');
    await aim('storage', '--repo', other, 'reindex', '--yes');
    const there = (await readAim(other)).runs.get(runs[0]!);
    const was = before.runs.get(runs[0]!);
    for (const part of ['metrics', 'texts', 'attributes', 'end_time']) expect(there?.[part]).toEqual(was?.[part]);
    expect((await readAim(repo)).runs.has(runs[0]!)).toBe(verb === 'cp');
  });

  test('storage prune, upgrade and runs close find nothing to complain of', async () => {
    const before = await readAim(repo);
    await aim('storage', '--repo', repo, 'prune');
    expect(await aim('storage', '--repo', repo, 'upgrade', '3.11+', '--yes', '*')).toContain('already up to date');
    expect((await readAim(repo)).runs).toEqual(before.runs);
    await aim('runs', '--repo', repo, 'close', '--yes', runs[0]!);
    expect((await readAim(repo)).runs.size).toBe(runs.length);
  });

  test('update-metrics finds every run up to date', async () => {
    expect(await aim('runs', '--repo', repo, 'update-metrics', '--yes')).not.toContain('Traceback');
    expect((await databases(repo)).every((path) => existsSync(join(path, 'CURRENT')))).toBe(true);
    expect((await readAim(repo)).runs.size).toBe(runs.length);
  });
});
