import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Repository } from '../../src/aim/repository.js';
import { DEFAULT_SOURCE } from '../../src/options.js';
import { DEFAULT_ARTIFACTS, DEFAULT_MAPPING } from '../../src/policies.js';
import { built, startScript } from '../support/command-line.js';
import { id, longMetric, newStore, series } from '../support/example-store.js';
import type { FileStoreBuilder } from '../support/file-store-builder.js';
import { temporaryDirectory } from '../support/temporary.js';

const [SHORT, LONG] = [id('a'), id('b')];

function newStoreWithRuns(): FileStoreBuilder {
  const store = newStore();
  store.experiment({ id: '1' });
  store.run('1', { runId: SHORT, metrics: { loss: series(3) } });
  store.run('1', { runId: LONG, metrics: { loss: longMetric(200_000, 2), more: longMetric(200_000, 2) } });
  return store;
}

/** What a script says that has `threads` of its own, `job(runId)` for them, and the store's `root`, line by line. */
async function saidBy(act: string, { threads = 2, preload }: { threads?: number; preload?: string } = {}) {
  const { root } = newStoreWithRuns();
  const { path } = Repository.open(temporaryDirectory());
  const options = {
    includeDeleted: false,
    overwrite: false,
    source: '',
    mapping: DEFAULT_MAPPING,
    artifacts: DEFAULT_ARTIFACTS,
    now: 1_800_000_000_000,
  };
  const { stdout, stderr } = await startScript(
    `
    const { WorkerPool } = await import(${JSON.stringify(built('run/worker-pool.js'))});
    const work = ${JSON.stringify({ trackingUri: root, source: DEFAULT_SOURCE, repository: path, options })};
    const root = work.trackingUri;
    const warn = ({ message }) => console.log('warning: ' + message);
    const threads = new WorkerPool(work, { concurrency: ${threads}, max: ${threads} }, { warn });
    const experiment = { id: '1', name: 'e', lifecycleStage: 'active', tags: new Map() };
    const job = (runId) => ({ experiment, ref: { runId, experimentId: '1', locator: '1/' + runId }, hash: runId, listed: false });
    ${act}`,
    { ...(preload !== undefined && { preload }) },
  ).ended;
  expect(stderr).toBe('');
  return stdout.trim().split('\n');
}

describe('worker threads', () => {
  test('load no SQLite: one that is ended while it loads a native library would end the process', async () => {
    const modules = ['run/convert-run.js', 'aim/run-index.js', 'mlflow/open-store.js'].map(built);
    const { stdout } = await startScript(`
      for (const module of ${JSON.stringify(modules)}) await import(module);
      console.log(process.report.getReport().sharedObjects.filter((name) => name.includes('sqlite')).length);`).ended;
    expect(stdout).toBe('0\n');
  });

  test('convert runs, count what they do, and let the process end when they are stopped', async () => {
    const said = await saidBy(`
      const { report, staged } = await threads.convert(job('${SHORT}'));
      console.log(report.outcome, report.counts.points, staged.files !== undefined);
      console.log(JSON.stringify(threads.takeProgress()), JSON.stringify(threads.takeProgress()));
      await threads.stop();`);
    expect(said).toEqual(['new 3 true', '{"points":3,"artifactBytes":0} {"points":0,"artifactBytes":0}']);
  });

  test('hand on errors with all that they say', async () => {
    const said = await saidBy(`
      const { report } = await threads.convert(job('nope'));
      console.log(report.outcome, report.reason);
      await threads.stop();`);
    expect(said).toEqual([expect.stringMatching(/^skipped Run nope cannot be read: .* does not exist\./)]);
  });

  test('hand on what they have to say of their source, each thing once', async () => {
    const preload = `
      import { isMainThread, parentPort } from 'node:worker_threads';
      for (const message of isMainThread ? [] : ['locked', 'locked', 'slow']) {
        parentPort.postMessage({ warning: { code: 'waiting-for-lock', message } });
      }`;
    const said = await saidBy(
      `console.log((await threads.convert(job('${SHORT}'))).report.outcome);
      await threads.stop();`,
      { threads: 1, preload },
    );
    expect(said.sort()).toEqual(['new', 'warning: locked', 'warning: slow']);
  });

  test('outlive a source that is away when they start: the task fails, and the next finds what is back', async () => {
    const said = await saidBy(`
      const { renameSync } = await import('node:fs');
      renameSync(root, root + '.away');
      const said = (error) => error.kind + ' ' + error.sentence.replace(root, 'ROOT');
      console.log(await threads.convert(job('${SHORT}')).catch(said));
      console.log(await threads.check([job('${SHORT}')]).catch(said));
      renameSync(root + '.away', root);
      console.log((await threads.convert(job('${SHORT}'))).report.outcome);
      await threads.stop();`);
    expect(said).toEqual([
      expect.stringMatching(/^fatal ROOT does not exist\./),
      expect.stringMatching(/^fatal ROOT does not exist\./),
      'new',
    ]);
  });

  test.each([
    [1, ['new', 'new']],
    [2, ['skip-run The thread that worked on it ended: stray.', 'new']],
  ])('that end under a task (%p times) are replaced, and the task is tried once more', async (times, expected) => {
    const marker = join(temporaryDirectory(), 'marker');
    // what is thrown where nobody waits for it ends a thread
    const preload = `
      import { isMainThread } from 'node:worker_threads';
      import { existsSync, writeFileSync } from 'node:fs';
      const marker = Array.from({ length: ${times} }, (_, i) => ${JSON.stringify(marker)} + i).find((file) => !existsSync(file));
      if (!isMainThread && marker !== undefined) {
        writeFileSync(marker, '');
        setImmediate(() => { throw new Error('stray'); });
      }`;
    const said = await saidBy(
      `const lost = (error) => error.kind + ' ' + error.sentence;
      const converted = (run) => threads.convert(job(run)).then(({ report }) => report.outcome, lost);
      console.log(await converted('${SHORT}'));
      console.log(await converted('${LONG}'));
      await threads.stop();`,
      { threads: 1, preload },
    );
    expect(said).toEqual(expected);
  });

  test('that cannot be started fail all tasks, those that wait as well', async () => {
    const preload = `
      import { isMainThread } from 'node:worker_threads';
      if (!isMainThread) throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });`;
    const said = await saidBy(
      `const failed = (error) => error.kind + ' ' + error.sentence;
      const tasks = Array.from({ length: 8 }, () => threads.convert(job('${SHORT}')).catch(failed));
      console.log(new Set(await Promise.all(tasks)).size, await tasks[7]);
      await threads.stop();`,
      { preload },
    );
    expect(said).toEqual([
      expect.stringMatching(/^1 fatal A worker thread could not be started: .*Lower --concurrency/),
    ]);
  });

  test('are stopped in the middle of a run, which is then rejected', async () => {
    const said = await saidBy(`
      const running = threads.convert(job('${LONG}')).then(() => 'converted', () => 'rejected');
      while (threads.takeProgress().points === 0) await new Promise((resume) => setImmediate(resume));
      await threads.stop();
      console.log(await running);`);
    expect(said).toEqual(['rejected']);
  });

  test('have ended when stop says so, also to those who ask a second time', async () => {
    const said = await saidBy(`
      threads.convert(job('${LONG}')).catch(() => {});
      while (threads.takeProgress().points === 0) await new Promise((resume) => setImmediate(resume));
      let ended = false;
      const first = threads.stop().then(() => { ended = true; });
      await threads.stop();
      console.log(ended);
      await first;`);
    expect(said).toEqual(['true']);
  });
});
