import { parentPort, workerData } from 'node:worker_threads';
import { openStore } from '../../mlflow/open-store.js';
import { type Failure, orFailure } from '../../threads/failure.js';
import { InProcessVerifier } from './in-process-verifier.js';
import type { VerifyWorkerData } from './verifier-pool.js';
import type { VerifyResult, VerifyTask } from './verify-task.js';

const { trackingUri, source, repository, points } = workerData as VerifyWorkerData;
const counter = new BigInt64Array(points);

const verifier = new InProcessVerifier({
  openStore: () => openStore(trackingUri, { ...source, retrying: (retry) => parentPort?.postMessage(retry) }),
  repository,
  onPoints: (count) => void Atomics.add(counter, 0, BigInt(count)),
});

export default function work(task: VerifyTask): Promise<VerifyResult | Failure> {
  return orFailure(repository, () => verifier.verify(task));
}
