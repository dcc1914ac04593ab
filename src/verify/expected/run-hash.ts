import { createHash } from 'node:crypto';

/** The hash in Aim of a run of MLflow's: its id, or of an id with other characters the beginning of its SHA-256. */
export function hashOf(runId: string): string {
  return /^\w+$/.test(runId) ? runId : createHash('sha256').update(runId).digest('hex').slice(0, 32);
}
