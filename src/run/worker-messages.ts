import { parentPort } from 'node:worker_threads';
import type { Retry, Warning } from '../events.js';
import type { WorkerMessage } from './worker-pool.js';

/** In a worker thread: hands on what its source has to say. */
export const tellingSource = {
  warn: (warning: Warning): void => tell({ warning }),
  retrying: (retry: Retry): void => tell({ retry }),
};

function tell(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}
