import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readStatus } from '../../src/sync/status.js';
import { convert, isEvent, outcomes, type Started, startCli } from '../support/command-line.js';
import { id, longMetric, series } from '../support/example-store.js';
import { FileStoreBuilder } from '../support/file-store-builder.js';
import { essence, repositoryState, staleChecksums } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';

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
  await conversion.line((line) => isEvent('run')(line) && line.includes(SMALL.at(-1)!));
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
    expect(summary).toMatchObject({ event: 'summary', ending: 'interrupted', runsPublished: 3 });
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
