import { parentPort, workerData } from 'node:worker_threads';
import { Repository } from '../aim/repository.js';
import { removeStaged, stagedFiles } from '../aim/run-files.js';
import { writeIndex } from '../aim/run-index.js';
import { StepOrders } from '../aim/step-order.js';
import { asFatal } from '../errors.js';
import { failpoint } from '../failpoints.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import { openStore } from '../mlflow/open-store.js';
import { checkRuns } from './check-runs.js';
import { convertRun } from './convert-run.js';
import type { RunEnvironment } from './task/run-task.js';
import type { WorkerData, WorkerResult, WorkerTask, WorkerWarning } from './worker-pool.js';

const data = workerData as WorkerData;
const counters = new BigInt64Array(data.progress);

const repository = Repository.at(data.repository);
const orders = new StepOrders();

/**
 * Opened by the first task that needs it, and again by the next when that failed: a source may be away for a moment. What
 * is thrown while a thread starts has nobody to hear it; here it is the failure of the task.
 */
let store: TrackingStore | undefined;

/** A thread is stopped from outside, at once; the signal is there for the stages, which also run without threads. */
const { signal } = new AbortController();

export default async function work(task: WorkerTask): Promise<WorkerResult> {
  try {
    return await perform(task);
  } catch (cause) {
    const { kind, code, message, where, hint } = asFatal(cause, data.repository);
    return { failure: { kind, code, message, where, hint } };
  }
}

async function perform(task: WorkerTask): Promise<WorkerResult> {
  switch (task.type) {
    case 'run':
      if (task.again) removeStaged(stagedFiles(repository, task.job.hash));
      return convertRun(task.job, environmentAt(task.now), signal);
    case 'check':
      return { checked: await checkRuns(task.jobs, environmentAt(task.now), signal) };
    case 'index':
      failpoint('index-begun');
      return writeIndex(repository, task.hashes, task.finished);
  }
}

/** A watch lasts for weeks: the time by which runs become stale is that of each task. */
function environmentAt(now: number): RunEnvironment {
  store ??= openStore(data.trackingUri, { ...data.source, warn });
  return { store, repository, orders, progress, options: { ...data.options, now } };
}

function warn(warning: string): void {
  const message: WorkerWarning = { warning };
  parentPort?.postMessage(message);
}

function progress(points: number, artifactBytes: number): void {
  Atomics.add(counters, 0, BigInt(points));
  Atomics.add(counters, 1, BigInt(artifactBytes));
}
