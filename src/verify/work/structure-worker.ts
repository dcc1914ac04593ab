import { workerData } from 'node:worker_threads';
import { type Failure, orFailure } from '../../threads/failure.js';
import { StructureInProcess } from './structure-in-process.js';
import type { StructureWorkerData } from './structure-pool.js';
import type { StructureResult } from './structure-task.js';

const { repository } = workerData as StructureWorkerData;

const checker = new StructureInProcess(repository);

export default function work(hash: string): Promise<StructureResult | Failure> {
  return orFailure(repository, () => checker.check(hash));
}
