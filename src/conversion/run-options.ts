import { sourceInputs } from '../mlflow/source-inputs.js';
import type { ResolvedOptions } from '../options.js';
import type { RunOptions } from '../run/task/run-environment.js';
import type { CustomStages } from '../stages/custom-stages.js';

/** The options that decide about a single run. */
export function runOptionsOf(
  { includeDeleted, overwrite, mapping, artifacts, source }: ResolvedOptions,
  stages?: Pick<CustomStages, 'version'>,
): RunOptions {
  return {
    includeDeleted,
    overwrite,
    mapping,
    artifacts,
    source: sourceInputs(source, process.env),
    ...(stages !== undefined && { stages: stages.version }),
  };
}
