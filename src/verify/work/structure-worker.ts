import { workerData } from 'node:worker_threads';
import { asFatal } from '../../errors.js';
import { StructureInProcess } from './structure-in-process.js';
import type { StructureWorkerData } from './structure-pool.js';
import type { StructureResult } from './structure-task.js';
import type { VerifyFailure } from './verifier-pool.js';

const { repository } = workerData as StructureWorkerData;

const checker = new StructureInProcess(repository);

export default async function work(hash: string): Promise<StructureResult | VerifyFailure> {
  try {
    return await checker.check(hash);
  } catch (cause) {
    const { kind, code, message, where, hint } = asFatal(cause, repository);
    return { failure: { kind, code, message, where, hint } };
  }
}
