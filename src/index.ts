/**
 * The library: the same conversion that the command line runs.
 *
 * ```ts
 * const events = new ConvertEvents();
 * events.on('run:done', (run) => console.log(run.runId, run.outcome));
 * await convert({ trackingUri: 'mlruns', repo: '.', ... }, events, AbortSignal.timeout(60_000));
 * ```
 */
export type { ConvertOptions } from './convert-options.js';
export { ConvertError, type ErrorDetails, type ErrorKind } from './errors.js';
export { type ConvertEventMap, ConvertEvents } from './events.js';
export { DEFAULT_SOURCE, type SourceOptions } from './mlflow/source-options.js';
export type { ArtifactKind, ArtifactSkipReason, Notice } from './model.js';
export { convert } from './pipeline.js';
export {
  type ArtifactPolicy,
  type ArtifactRule,
  DEFAULT_ARTIFACTS,
  DEFAULT_DELETED,
  DEFAULT_MAPPING,
  type DeletedPolicy,
  type MappingPolicy,
  type RepeatedSteps,
} from './policies.js';
export type { RunCounts, RunOutcome, RunReport } from './report/run-report.js';
export type { AcceptedChanges } from './sync/accepted-missing.js';
export type { GoneRun } from './sync/deletions.js';
export { DEFAULT_WATCH, type WatchOptions, watch } from './sync/watch.js';
export type { ToldPart } from './unread-parts.js';
