import { renameSync, rmSync } from 'node:fs';
import { beforeEach, expect, test } from '@jest/globals';
import { serverWith } from '../mlflow/rest/client-of.js';
import type { Interception } from '../mlflow/rest/fake-server.js';
import { convert, isEvent, outcomes, startCli } from '../support/command-line.js';
import { id, newStore } from '../support/example-store.js';
import type { FileStoreBuilder } from '../support/file-store-builder.js';
import { temporaryDirectory } from '../support/temporary.js';
import { until } from '../support/until.js';

const [A, B] = [id('a'), id('b')];

let store: FileStoreBuilder;
let repo: string;

beforeEach(() => {
  repo = temporaryDirectory();
  store = newStore();
  store.run('1', { runId: A, name: 'owl', artifacts: { 'model.pkl': 'x', 'notes.txt': 'y' } });
  store.run('1', { runId: B, name: 'elk', metrics: { loss: '1 0.5 0\nnonsense\n' } });
});

/** What the command says on a pipe; how far it has come aside, which a slow machine has time to tell. */
async function run(...args: string[]): Promise<{ code: number | null; stdout: string[]; stderr: string[] }> {
  const { code, stdout, stderr } = await startCli([...args, '--repo', repo]).ended;
  const lines = (text: string) => text.split('\n').filter((line) => line !== '' && !/ so far( · |$)/.test(line));
  return { code, stdout: lines(stdout), stderr: lines(stderr) };
}

test('what was changed or left behind is told by kind, kept, and told again of runs that are as they were', async () => {
  const first = await run('convert', '--tracking-uri', store.root);
  expect(first.code).toBe(0);
  expect(first.stderr).toEqual([
    expect.stringMatching(/^warning: Run elk: 1 metric line could not be read\. The first: .*loss:2 \(/),
    'note: Run owl: 1 file stays in MLflow as a link (1 .pkl).',
  ]);
  const links = /^links +1 +that Aim cannot show · 1 \.pkl$/;
  expect(first.stdout.filter((line) => line.startsWith('links'))).toEqual([expect.stringMatching(links)]);

  const again = await run('convert', '--tracking-uri', store.root);
  expect(again.stderr).toEqual([]);
  expect(again.stdout).toEqual([
    expect.stringMatching(/^Nothing has changed: 2 runs up to date, in 1 experiment \(\d+\.\d s\)\.$/),
  ]);

  const report = await convert(store.root, repo);
  expect(outcomes(report)).toEqual({ unchanged: 2 });
  expect(report.runs.find(({ runId }) => runId === A)?.notices).toMatchObject([
    { kind: 'artifact-skipped', path: 'model.pkl', reason: 'no-kind' },
  ]);
  expect(report.runs.find(({ runId }) => runId === B)?.notices).toMatchObject([{ kind: 'line-skipped', line: 2 }]);
  expect(report.summary.notices).toEqual({});

  const status = await run('status', '--warnings');
  expect(status.stdout).toContain('    Run owl: 1 file stays in MLflow as a link (1 .pkl).');
  expect(status.stdout).toContain(`    elk (${B}) of experiment 1:`);
  expect((await run('status')).stdout.at(-1)).toBe(
    '  Something of 2 runs was changed or left in MLflow; see status --warnings.',
  );
});

test('what no longer holds is told no more, and what a run has too much of is counted', async () => {
  await run('convert', '--tracking-uri', store.root);
  rmSync(`${store.root}/1/${A}/artifacts/model.pkl`);
  store.run('1', { runId: id('c'), metrics: { loss: 'nonsense\n'.repeat(200) } });
  await run('convert', '--tracking-uri', store.root);
  const { stdout } = await run('status', '--warnings', '--json');
  const { warnings, withWarnings } = JSON.parse(stdout.join('\n')).sources[0];
  expect(withWarnings).toBe(2);
  expect(warnings).toMatchObject([{ runId: B }, { runId: id('c'), noticesMore: 150 }]);
  expect(warnings[1].notices).toHaveLength(50);
});

test('with -v, each run is named as it is done, with all that was changed or left behind', async () => {
  const { stderr } = await run('convert', '-v', '--tracking-uri', store.root);
  expect(stderr.filter((line) => line.includes('owl'))).toEqual([
    'note: owl of experiment 1: 1 file that Aim cannot show stays in MLflow as a link: model.pkl of 1 B.',
    'new: owl of experiment 1: 1 text, 1 link',
  ]);
});

test('sync says on a pipe what happens, each thing once, with the time and the name of the run', async () => {
  const aside = `${store.root}-aside`;
  renameSync(store.root, aside);
  const args = ['sync', '--wait-for-source', '--reconcile', '100ms', '--tracking-uri', store.root, '--repo', repo];
  const watch = startCli(args);
  let said = '';
  watch.child.stderr!.on('data', (part: Buffer) => {
    said += part.toString();
  });
  const saying = (text: string) => until(`it says ${text}`, () => said.includes(text));
  await saying('does not exist. Waiting for it.');
  renameSync(aside, store.root);
  await saying('Up to date. Runs: 2 new · 0 active. Watching for changes');
  const points = [{ timestamp: Date.now(), value: 1, step: 0n }];
  store.run('1', { runId: id('c'), name: 'fox', metrics: { loss: points }, artifacts: { 'model.pt': 'x' } });
  await saying('link: model.pt');
  watch.child.kill('SIGTERM');
  const { code, stdout, stderr } = await watch.ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  const lines = stderr.trimEnd().split('\n');
  for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \S/);
  const told = lines.map((line) => line.slice(21)).filter((line) => !/ so far( · |$)/.test(line));
  expect(told.filter((line) => line.includes('fox'))).toEqual([
    expect.stringMatching(/^new: fox of experiment 1: 1 point, 1 link$/),
    'note: fox of experiment 1: 1 file that Aim cannot show stays in MLflow as a link: model.pt of 1 B.',
  ]);
  expect(new Set(told).size).toBe(told.length);
});

test('a request that is repeated is told while it is waited for, whichever thread has made it', async () => {
  const run = { runId: A, experimentId: '1', metrics: { loss: [{ timestamp: 1, value: 1, step: 0n }] } };
  let refusals = 2;
  const intercept: Interception = ({ url = '' }, response) => {
    if (!url.includes('get-history') || refusals-- <= 0) return false;
    return response.writeHead(502, { 'retry-after': '1' }).end() !== undefined;
  };
  const server = await serverWith(intercept, { experiments: [{ id: '1', name: 'one' }], runs: [run] });
  const args = ['convert', '--tracking-uri', server.uri, '--repo', repo, '--log-format', 'json'];
  const { code, stdout } = await startCli(args).ended;
  expect(code).toBe(0);
  const retries = stdout.split('\n').filter(isEvent('retry'));
  expect(retries.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'warn', code: 'server-error', server: server.uri, says: 'answers 502', status: 502, attempt: 2, wait: 1 },
    { attempt: 3, attempts: 8 },
  ]);
});
