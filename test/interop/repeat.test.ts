import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { differences, expectedRuns, readAim, some } from './compare.js';
import { changedFiles, tree } from './files.js';
import { CLI, convert, makeStore, mlflow2aim, outcomes, type Shape, scratch, start } from './harness.js';
import { python } from './python.js';
import { digests } from './rocks.js';

/** Of our own files, these say who was there last, and when. */
const OURS: ReadonlySet<string> = new Set(['.aim/mlflow2aim.lock', '.aim/mlflow2aim.sqlite']);

/** The first six change a run each that was converted as a whole, the others one that was changed before. */
const CHANGES = ['point', 'param', 'tag', 'rename', 'file', 'end', 'note', 'delete'];

/** With the exit code: of the old store the artifacts of one run lie in a bucket that nobody has a key to. */
test.each<[Shape, number]>([
  ['small', 0],
  ['artifacts', 0],
  ['old', 3],
])('converting the %s store twice changes no file of the repository', async (shape, code) => {
  const store = await makeStore(shape);
  const repo = await scratch();
  const first = await convert(store, repo, [], code);
  const before = await tree(repo, true);
  const second = await convert(store, repo, [], code);
  expect(outcomes(second).unchanged).toBe(outcomes(first).new);
  expect(outcomes(second).updated ?? 0).toBe(0);
  expect(changedFiles(before, await tree(repo, true)).filter((file) => !OURS.has(file))).toEqual([]);
});

test('after a change in MLflow exactly that run is written again, and all is as if it was converted at once', async () => {
  const store = await makeStore('small');
  const [repo, fresh] = [await scratch(), await scratch()];
  const flags = ['--include-deleted'];
  await convert(store, repo, flags);
  let before = await digests(repo);
  for (const [i, change] of CHANGES.entries()) {
    const changed = (await python(['change_run.py', store, change, String(i)])).trim();
    const report = await convert(store, repo, flags);
    const updated = report.runs.filter(({ outcome }) => outcome === 'updated').map(({ runId }) => runId);
    expect([change, updated, outcomes(report)]).toEqual([change, [changed], { updated: 1, unchanged: 5 }]);
    const after = await digests(repo);
    const touched = Object.keys(after).filter((name) => after[name] !== before[name] && name.includes('chunks'));
    expect([change, touched.filter((name) => !name.endsWith(changed))]).toEqual([change, []]);
    before = after;
  }
  const read = await readAim(repo);
  expect(some(differences(await expectedRuns(store, flags), read.runs))).toBe('');
  expect(read.indexProblems).toEqual([]);
  await convert(store, fresh, flags);
  expect(await digests(fresh)).toEqual(before);
});

test('another policy writes all runs again, and going back as well', async () => {
  const store = await makeStore('small');
  const repo = await scratch();
  await convert(store, repo);
  const before = await digests(repo);
  const raw = await convert(store, repo, ['--raw-params']);
  expect(outcomes(raw)).toEqual({ updated: 6 });
  expect(await digests(repo)).not.toEqual(before);
  await convert(store, repo);
  expect(await digests(repo)).toEqual(before);
});

/** A conversion that is certainly under way: it has announced its first run. */
async function underWay(store: string, repo: string) {
  const args = [CLI, 'convert', '--tracking_uri', store, '--repo', repo, '--log-format', 'json', '--concurrency', '1'];
  const conversion = start(process.execPath, args);
  await new Promise((resume) => conversion.child.stdout?.once('data', resume));
  return conversion;
}

test('of two conversions into one repository the second is refused, and the first is not disturbed', async () => {
  const store = await makeStore('fast', '--runs', '200');
  const [repo, undisturbed] = [await scratch(), await scratch()];
  const first = await underWay(store, repo);
  first.child.kill('SIGSTOP'); // so that it is certainly not done before the second begins
  const second = await mlflow2aim(['convert', '--tracking_uri', store, '--repo', repo]);
  first.child.kill('SIGCONT');
  expect(second.code).toBe(1);
  expect(second.stderr).toMatch(/is writing|another|already/i);
  expect((await first.finished).code).toBe(0);
  await convert(store, undisturbed);
  expect(await digests(repo)).toEqual(await digests(undisturbed));
});

test('the lock of a conversion that was killed is taken over', async () => {
  const store = await makeStore('fast', '--runs', '100', '--points', '20');
  const [repo, undisturbed] = [await scratch(), await scratch()];
  const first = await underWay(store, repo);
  first.child.kill('SIGKILL');
  await first.finished;
  expect(await untilTakenOver(store, repo)).toBe(0);
  await convert(store, undisturbed);
  expect(await digests(repo)).toEqual(await digests(undisturbed));
});

/** A lock may count as held for some seconds after its owner died: the command then says so, and is simply run again. */
async function untilTakenOver(store: string, repo: string): Promise<number | null> {
  const end = Date.now() + 20_000;
  for (;;) {
    const { code } = await mlflow2aim(['convert', '--tracking_uri', store, '--repo', repo]);
    if (code !== 1 || Date.now() > end) return code;
    await delay(500);
  }
}

test('ctrl-c ends with 130 and a repository of whole runs', async () => {
  const store = await makeStore('fast', '--runs', '150', '--points', '200');
  const repo = await scratch();
  const { child, finished } = await underWay(store, repo);
  child.kill('SIGINT');
  expect((await finished).code).toBe(130);
  const read = await readAim(repo);
  const expected = await expectedRuns(store);
  const whole = new Map([...expected].filter(([hash]) => read.runs.has(hash)));
  expect(some(differences(whole, read.runs))).toBe('');
  await convert(store, repo);
  const done = await readAim(repo);
  expect(some(differences(expected, done.runs))).toBe('');
  expect(done.indexProblems).toEqual([]);
});
