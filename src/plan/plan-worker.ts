import { workerData } from 'node:worker_threads';
import { Repository } from '../aim/repository.js';
import { openStore } from '../mlflow/open-store.js';
import { tellingSource } from '../run/worker-messages.js';
import type { WorkerData, WorkerResult, WorkerTask } from '../run/worker-pool.js';
import { type Failure, orFailure } from '../threads/failure.js';
import { PlanningConverter } from './planning-converter.js';

const { trackingUri, source, repository: path, options } = workerData as WorkerData;

/** A worker is stopped from outside, at once, whatever it is doing. */
const { signal } = new AbortController();
let converter: PlanningConverter | undefined;

export default function work(task: WorkerTask): Promise<WorkerResult | Failure> {
  return orFailure(path, () => perform(task));
}

async function perform(task: WorkerTask): Promise<WorkerResult> {
  // opened by the first task that succeeds in it: a source may be away for a moment
  converter ??= new PlanningConverter(
    { store: openStore(trackingUri, { ...source, ...tellingSource }), repository: Repository.at(path), options },
    signal,
  );
  switch (task.type) {
    case 'convert':
      return converter.convert(task.task);
    case 'check':
      return { checked: await converter.check(task.tasks) };
    case 'index':
      return converter.writeIndex();
  }
}
