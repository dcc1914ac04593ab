import { sourceInputs } from '../mlflow/source-inputs.js';
import type { ResolvedOptions } from '../options.js';
import type { RunOptions } from '../run/task/run-environment.js';

/** The options that decide about a single run. */
export function runOptionsOf({ includeDeleted, overwrite, mapping, artifacts, source }: ResolvedOptions): RunOptions {
  return { includeDeleted, overwrite, mapping, artifacts, source: sourceInputs(source, process.env) };
}
