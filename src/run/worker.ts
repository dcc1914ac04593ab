import { workerData } from 'node:worker_threads';
import { Repository } from '../aim/repository.js';
import { removeStaged, stagedFiles } from '../aim/run-files.js';
import { openStore } from '../mlflow/open-store.js';
import { type Failure, orFailure } from '../threads/failure.js';
import { InProcessConverter } from './in-process-converter.js';
import { tellingSource } from './worker-messages.js';
import type { WorkerData, WorkerResult, WorkerTask } from './worker-pool.js';

const { trackingUri, source, repository: path, options, progress } = workerData as WorkerData;
const counters = new BigInt64Array(progress);
const repository = Repository.at(path);

/** A worker is stopped from outside, immediately, whatever it is doing. */
const converter = new InProcessConverter({
  openStore: () => openStore(trackingUri, { ...source, ...tellingSource }),
  repository,
  options,
  onProgress: (points, artifactBytes) => {
    Atomics.add(counters, 0, BigInt(points));
    Atomics.add(counters, 1, BigInt(artifactBytes));
  },
});

export default function work(task: WorkerTask): Promise<WorkerResult | Failure> {
  return orFailure(path, () => perform(task));
}

async function perform(task: WorkerTask): Promise<WorkerResult> {
  switch (task.type) {
    case 'convert':
      if (task.isRetry) removeStaged(stagedFiles(repository, task.task.hash));
      return converter.convert(task.task);
    case 'check':
      return { checked: await converter.check(task.tasks) };
    case 'index':
      return converter.writeIndex(task.hashes, task.isFinal);
  }
}
