import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Repository } from '../../src/aim/repository.js';
import { FAILPOINTS } from '../../src/failpoints.js';
import { readStatus } from '../../src/state/status.js';
import { convert, outcomes, type Report, type Started, startCli } from '../support/command-line.js';
import { id, longMetric, series } from '../support/example-store.js';
import { FileStoreBuilder } from '../support/file-store-builder.js';
import { essence, readMetadata, repositoryState, staleChecksums } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';
import { until } from '../support/until.js';

const SMALL = ['1', '2', '3'].map(id);
const LONG = id('f');

/** Small runs, and behind them one that is under way for some time. */
let store: FileStoreBuilder;
/** What an undisturbed conversion gives. */
let undisturbed: ReturnType<typeof essence>;
let repo: string;

beforeAll(async () => {
  store = new FileStoreBuilder();
  store.experiment({ id: '1', name: 'mnist' });
  for (const runId of SMALL) store.run('1', { runId, metrics: { loss: series(3) } });
  const metric = longMetric(200_000, 2);
  store.run('1', { runId: LONG, metrics: Object.fromEntries(['a', 'b', 'c', 'd'].map((key) => [key, metric])) });
  const fresh = join(store.parent, 'undisturbed');
  await convert(store.root, fresh);
  undisturbed = essence(fresh);
});
afterAll(() => store.remove());
beforeEach(() => {
  repo = temporaryDirectory();
});

/** A conversion whose small runs are done, and whose long one is under way. */
async function underWay(): Promise<Started> {
  const args = ['--tracking-uri', store.root, '--repo', repo, '--log-format', 'json', '--concurrency', '1'];
  const conversion = startCli(['convert', ...args]);
  const { staging } = Repository.at(join(repo, '.aim'));
  await until('the long run is being written', () => {
    return existsSync(staging) && readdirSync(staging).some((name) => name.startsWith(LONG));
  });
  return conversion;
}

async function expectFinishedByNext(expected: Partial<Record<string, number>>): Promise<void> {
  expect(outcomes(await convert(store.root, repo))).toEqual(expected);
  expect(essence(repo)).toEqual(undisturbed);
  expect(staleChecksums(repo)).toEqual([]);
}

describe('a conversion that is interrupted', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s publishes what is whole, ends with %p, and is finished by the next', async (signal, code) => {
    const { child, ended } = await underWay();
    child.kill(signal);
    const { stdout, stderr, ...end } = await ended;
    expect(end).toEqual({ code, signal: null });
    expect(stderr).toContain('Interrupted. The repository holds only whole runs; run the same command again to go on.');
    const summary = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
    expect(summary).toMatchObject({
      event: 'summary',
      ending: 'interrupted',
      runs: { new: 3 },
      runsPublished: 3,
      runsUnpublished: 0,
    });
    const { runs, rows, leftovers } = repositoryState(repo);
    expect(Object.keys(runs)).toEqual(SMALL);
    expect(rows.map(({ hash }) => hash)).toEqual(SMALL);
    expect(leftovers).toEqual([]);
    // to have been stopped is no trouble
    expect((await readStatus(repo)).sources).toMatchObject([{ runs: 3 }]);
    expect((await readStatus(repo)).sources[0]).not.toHaveProperty('trouble');
    await expectFinishedByNext({ new: 1, unchanged: 3 });
  });

  test('by SIGKILL has published nothing that is not whole, and is finished by the next', async () => {
    const { child, ended } = await underWay();
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    expect(repositoryState(repo)).toMatchObject({ runs: {}, rows: [], leftovers: ['mlflow2aim.staging'] });
    await expectFinishedByNext({ new: 4 });
  });

  test('twice ends at once, and is finished by the next', async () => {
    const { child, ended } = await underWay();
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect([130, null]).toContain((await ended).code);
    await convert(store.root, repo);
    expect(essence(repo)).toEqual(undisturbed);
  });
});

describe('a conversion of many runs that is interrupted', () => {
  /** More than go into the first group, so that some wait while others are published. */
  const MANY = 400;
  let many: FileStoreBuilder;

  beforeAll(() => {
    many = new FileStoreBuilder();
    many.experiment({ id: '1', name: 'mnist' });
    for (let i = 0; i < MANY; i++) {
      many.run('1', { runId: (0x1000 + i).toString(16).padEnd(32, 'a'), metrics: { loss: series(1) } });
    }
  });
  afterAll(() => many.remove());

  test.each(FAILPOINTS)('at %s counts what is in Aim, in the log, the report and the summary', async (name) => {
    const report = join(repo, 'report.json');
    const args = ['--tracking-uri', many.root, '--repo', repo, '--report', report, '--log-format', 'json'];
    const env = { MLFLOW2AIM_FAILPOINT: `${name}:sigterm` };
    const { code, stdout } = await startCli(['convert', ...args], { env }).ended;
    const log = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; outcome?: string; runHash?: string });
    const said = log.filter(({ event, outcome }) => event === 'run' && outcome === 'new').map(({ runHash }) => runHash);
    const { runs, summary } = JSON.parse(readFileSync(report, 'utf8')) as Report;
    const rows = listedRuns(repo);
    expect({
      log: said.sort(),
      report: runs
        .filter(({ outcome }) => outcome === 'new')
        .map(({ runHash }) => runHash)
        .sort(),
      summary: [summary.runs.new, summary.runsPublished],
    }).toEqual({ log: rows, report: rows, summary: [rows.length, rows.length] });
    // it may be over before the signal has arrived, and on a slow machine its time may be up (then the signal ends it)
    expect([143, 0, null]).toContain(code);
    expect(log.at(-1)).toMatchObject({ event: 'summary', ending: code === 0 ? 'done' : 'interrupted' });
    expect(rows.length + summary.runsUnpublished).toBeLessThanOrEqual(MANY);
  });
});

function listedRuns(directory: string): string[] {
  const file = Repository.at(join(directory, '.aim')).metadataFile;
  return existsSync(file)
    ? readMetadata(file)
        .rows.map(({ hash }) => String(hash))
        .sort()
    : [];
}
