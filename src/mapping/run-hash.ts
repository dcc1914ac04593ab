import { createHash } from 'node:crypto';

const USABLE_ID = /^[A-Za-z0-9_]+$/;

/**
 * The hash under which Aim knows an MLflow run: the run id itself where it can be one, else the first 32 hex characters
 * of the SHA-256 of its UTF-8. Aim makes file names of it, matches it with globs and splits it at `-`
 * (docs/aim-repo-format.md §1).
 */
export function runHash(runId: string): string {
  return USABLE_ID.test(runId) ? runId : createHash('sha256').update(runId, 'utf8').digest('hex').slice(0, 32);
}
