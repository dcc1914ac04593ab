import { workerData } from 'node:worker_threads';
import { asFatal } from '../../errors.js';
import { openStore } from '../../mlflow/open-store.js';
import { InProcessVerifier } from './in-process-verifier.js';
import type { VerifyFailure, VerifyWorkerData } from './verifier-pool.js';
import type { VerifyResult, VerifyTask } from './verify-task.js';

const { trackingUri, source, repository, points } = workerData as VerifyWorkerData;
const counter = new BigInt64Array(points);

const verifier = new InProcessVerifier({
  openStore: () => openStore(trackingUri, source),
  repository,
  onPoints: (count) => void Atomics.add(counter, 0, BigInt(count)),
});

export default async function work(task: VerifyTask): Promise<VerifyResult | VerifyFailure> {
  try {
    return await verifier.verify(task);
  } catch (cause) {
    const { kind, code, message, where, hint } = asFatal(cause, repository);
    return { failure: { kind, code, message, where, hint } };
  }
}
