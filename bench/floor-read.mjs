// @ts-check
/**
 * The floor on the reading side: every header, point and artifact of a store read and parsed by this project's own source,
 * by as many threads as a conversion has, and thrown away.
 *
 * usage: node floor-read.mjs STORE
 */
import { availableParallelism } from 'node:os';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { openStore } from '../dist/mlflow/open-store.js';
import { enumerateRuns, selectExperiments } from '../dist/stages/enumerate-runs.js';
import { fetchHistories } from '../dist/stages/fetch-histories.js';

const { signal } = new AbortController();

if (isMainThread) {
  const threads = availableParallelism();
  for (let index = 0; index < threads; index++) {
    new Worker(new URL(import.meta.url), { workerData: { uri: process.argv[2], index, threads } });
  }
} else {
  const { uri, index, threads } = workerData;
  await readShare(uri, index, threads);
}

/**
 * Reads the runs whose turn it is in this thread.
 *
 * @param {string} uri
 * @param {number} index
 * @param {number} threads
 */
async function readShare(uri, index, threads) {
  const store = openStore(uri);
  const experiments = await selectExperiments(store, [], signal);
  let turn = 0;
  for await (const { ref } of enumerateRuns(store, experiments, () => {}, signal)) {
    if (turn++ % threads === index) await readRun(store, ref);
  }
  await store.close();
}

/**
 * @param {import('../dist/mlflow/common/tracking-store.js').TrackingStore} store
 * @param {import('../dist/model.js').RunRef} ref
 */
async function readRun(store, ref) {
  const context = { signal, notice: refuse };
  const run = await store.run(ref, context);
  for await (const _ of fetchHistories(store, ref, context));
  for await (const file of store.artifacts(ref, run, context)) {
    for await (const _ of store.openArtifact(ref, run, file, signal));
  }
}

/** @param {import('../dist/model.js').Notice} notice */
function refuse(notice) {
  throw new Error(`The store of the benchmark could not be read whole: ${JSON.stringify(notice)}`);
}
