/**
 * The library: the same conversion that the command line runs.
 *
 * ```ts
 * const events = new ConvertEvents();
 * events.on('run:done', (run) => console.log(run.runId, run.outcome));
 * await convert({ trackingUri: 'mlruns', repo: '.', ... }, events, AbortSignal.timeout(60_000));
 * ```
 */

export { convert } from './convert.js';
export { ConvertError, type ErrorDetails, type ErrorKind } from './errors.js';
export { type ConvertEventMap, ConvertEvents } from './events.js';
export { DEFAULT_SOURCE, type SourceOptions } from './mlflow/common/source-options.js';
export type { ArtifactKind, ArtifactSkipReason, Notice } from './model.js';
export type { ConvertOptions } from './options.js';
export type { DeletedRun, RunCounts, RunOutcome, RunReport, ToldPart } from './outcome.js';
export type { AcceptedChanges } from './policies.js';
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
export { DEFAULT_WATCH, type WatchOptions, watch } from './watch/watch.js';
