import type { SourceOptions } from './mlflow/common/source-options.js';
import type { AcceptedChanges, ArtifactPolicy, DeletedPolicy, MappingPolicy } from './policies.js';

/** What to convert, and how. */
export interface ConvertOptions {
  /** An MLflow tracking URI or a path; see docs. */
  readonly trackingUri: string;
  /** The directory that holds, or will hold, `.aim`. */
  readonly repo: string;
  /** Ids or names; empty means all. */
  readonly experiments: readonly string[];
  readonly includeDeleted: boolean;
  /** What becomes of runs that MLflow has deleted after they were converted; absent for `archive`. */
  readonly deleted?: DeletedPolicy;
  /** Write again the runs that Aim itself has changed since they were converted. */
  readonly overwrite: boolean;
  /** Bring back runs that were removed in Aim after they had been converted. */
  readonly restoreRemoved: boolean;
  /** What is gone for good in MLflow, or is not any more; remembered for later conversions. */
  readonly missing?: AcceptedChanges;
  /** Runs under way at once; at least 1. */
  readonly concurrency: number;
  /** How the source is read. */
  readonly source: SourceOptions;
  readonly mapping: MappingPolicy;
  readonly artifacts: ArtifactPolicy;
}
