import { execFileSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pLimit from 'p-limit';
import { Repository } from '../../src/aim/repository.js';
import { FAILPOINTS, FAILURES, type Failpoint, type Failure } from '../../src/failpoints.js';
import { FileStore } from '../../src/mlflow/file/file-store.js';
import { readVersion } from '../../src/rocksdb/database.js';
import { convert, startCli } from '../support/command-line.js';
import { convertOnce } from '../support/conversions.js';
import { id, RICH, series } from '../support/example-store.js';
import { FileStoreBuilder, type RunSpec, type TestPoint } from '../support/file-store-builder.js';
import { essence, staleChecksums } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';

/** Broken off at any of its named moments, in any of three ways, a conversion ends the next time as if it never had been. */

const NOW = Date.now();
const recent = (points: readonly TestPoint[]) => points.map((point) => ({ ...point, timestamp: NOW - 60_000 }));
const [GROWING, WHOLE] = [id('1'), id('2')];

/** A run that is being trained, and one that has ended. */
let store: FileStoreBuilder;
/** Repositories: of the store as it was before it changed, and as an undisturbed conversion leaves it. */
let before: string;
let after: ReturnType<typeof essence>;

function growing(name: string, body: Partial<RunSpec> = {}): void {
  store.run('1', {
    runId: GROWING,
    name,
    status: 1,
    startTime: NOW - 100_000,
    endTime: null,
    tags: { team: 'red' },
    ...body,
  });
}

beforeAll(async () => {
  store = new FileStoreBuilder();
  store.experiment({ id: '1', name: 'mnist' });
  growing('before', { metrics: { loss: recent(series(50)) }, artifacts: { 'notes.txt': 'text' } });
  before = join(store.parent, 'before');
  await convert(store.root, before);

  growing('after');
  appendFileSync(join(store.root, '1', GROWING, 'metrics', 'loss'), `${NOW} 0.5 50\n${NOW} 0.25 51\n`);
  writeFileSync(join(store.root, '1', GROWING, 'params', 'new'), '1');
  const undisturbed = join(store.parent, 'after');
  await convert(store.root, undisturbed);
  after = essence(undisturbed);

  // what is tried below must be adding, not writing anew
  const grown = join(store.parent, 'grown');
  execFileSync('cp', ['-a', before, grown]);
  await convert(store.root, grown);
  const { files } = readVersion(Repository.at(join(grown, '.aim')).seqs(GROWING));
  expect(files.map(({ level }) => level)).toContain(0);
});
afterAll(() => store.remove());

/** What the process says of how it ended. */
const ENDS: Readonly<Record<Failure, (ended: { code: number | null; signal: string | null }) => boolean>> = {
  exit: ({ signal }) => signal === 'SIGKILL',
  // a run that cannot be added to is written anew
  throw: ({ code }) => code === 1 || code === 3 || code === 0,
  // what is left to do may be done before the signal arrives
  sigterm: ({ code, signal }) => code === 143 || signal === 'SIGTERM' || code === 0,
};

async function brokenOff(source: string, repo: string, name: Failpoint, failure: Failure): Promise<void> {
  const env = { MLFLOW2AIM_FAILPOINT: `${name}:${failure}` };
  const args = ['convert', '--tracking-uri', source, '--repo', repo, '--quiet', '--concurrency', '1'];
  const ended = await startCli(args, { env }).ended;
  expect([name, failure, ended, ENDS[failure](ended)]).toEqual([name, failure, ended, true]);
}

/** The next conversion, without a process of its own. */
async function again(source: string, repo: string): Promise<void> {
  await convertOnce(new FileStore(source), Repository.open(repo), {}, { now: Date.now() });
}

test.each(FAILURES)('while a growing run is added to (%s)', async (failure) => {
  const root = temporaryDirectory();
  const limit = pLimit(2);
  const attempt = async (name: Failpoint) => {
    const repo = join(root, name);
    execFileSync('cp', ['-a', before, repo]);
    await brokenOff(store.root, repo, name, failure);
    await again(store.root, repo);
    expect([name, essence(repo)]).toEqual([name, after]);
    expect([name, staleChecksums(repo)]).toEqual([name, []]);
  };
  await Promise.all(FAILPOINTS.map((name) => limit(attempt, name)));
});

test('while runs are written for the first time (exit)', async () => {
  const source = new FileStoreBuilder();
  try {
    source.experiment({ id: '1', name: 'mnist' });
    source.run('1', { runId: WHOLE, ...RICH });
    source.run('1', {
      runId: GROWING,
      name: 'growing',
      status: 1,
      endTime: null,
      metrics: { loss: recent(series(5)) },
    });
    const undisturbed = join(source.parent, 'undisturbed');
    await convert(source.root, undisturbed);
    const expected = essence(undisturbed);
    const limit = pLimit(2);
    const attempt = async (name: Failpoint) => {
      const repo = join(source.parent, name);
      await brokenOff(source.root, repo, name, 'exit');
      await again(source.root, repo);
      expect([name, essence(repo)]).toEqual([name, expected]);
    };
    await Promise.all(FAILPOINTS.map((name) => limit(attempt, name)));
  } finally {
    source.remove();
  }
});
