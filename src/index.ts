/**
 * The library: what the command line runs.
 *
 * ```ts
 * const events = new ConvertEvents();
 * events.on('run:done', ({ runName, outcome }) => console.log(runName, outcome));
 * await convert({ trackingUri: 'mlruns', repo: '.' }, events, AbortSignal.timeout(60_000));
 * ```
 */

export { convert } from './convert.js';
export { ConvertError, type ErrorCode, type ErrorDetails, type ErrorKind } from './errors.js';
export {
  type ConvertEventMap,
  ConvertEvents,
  type ExperimentFailure,
  type Warning,
  type WarningCode,
} from './events.js';
export type { ArtifactKind, ArtifactSkipReason, Notice } from './model.js';
export type { ConvertOptions, RunSelection, SourceOptions, WatchOptions, WatchPolicy } from './options.js';
export type { DeletedRun, RewriteReason, RunCounts, RunOutcome, RunReport, SkipCode, ToldPart } from './outcome.js';
export type {
  AcceptedChanges,
  ArtifactPolicy,
  ArtifactRule,
  DeletedPolicy,
  MappingPolicy,
  RepeatedSteps,
} from './policies.js';
export { watch } from './watch/watch.js';
