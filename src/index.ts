/**
 * The library: what the command line runs, as functions that resolve with what was done.
 *
 * ```ts
 * const summary = await convert({ trackingUri: 'mlruns', repo: '.', signal: AbortSignal.timeout(60_000) });
 * if (!summary.complete) console.error(summary.failedRuns, summary.unreadParts);
 * ```
 *
 * docs/library.md shows events, sources and stages of one's own.
 */

export type { MetricTarget } from './aim/metrics-writer.js';
export type { RunEnd } from './aim/run-writer.js';
export type { SequenceId } from './aim/sequence.js';
export type { AimDict, AimKey, AimValue } from './aim/value.js';
export { ConvertError, type ErrorCode, type ErrorDetails, type ErrorKind } from './errors.js';
export {
  type ConvertEventMap,
  ConvertEvents,
  type ExperimentFailure,
  type Pass,
  type Retry,
  type SourceState,
  type Warn,
  type Warning,
  type WarningCode,
} from './events.js';
export { type ConvertSummary, convert } from './library/convert.js';
export { type PlanRequest, plan } from './library/plan.js';
export type {
  ConvertRequest,
  FromOwnStore,
  FromTrackingUri,
  ProgramParts,
  SourceRequest,
  WatchRequest,
  WithStages,
  WithVerification,
} from './library/request.js';
export { type StatusRequest, status } from './library/status.js';
export { type VerificationSummary, type VerifyRequest, verify } from './library/verify.js';
export { watch } from './library/watch.js';
export type {
  ChangeSignal,
  MetricChange,
  MetricEnd,
  OpenStore,
  StoreListener,
  TraceCount,
  TrackingStore,
} from './mlflow/common/tracking-store.js';
export { openStore } from './mlflow/open-store.js';
export type {
  AbsentPart,
  ArtifactFile,
  ArtifactKind,
  ArtifactPlace,
  ArtifactRecord,
  ArtifactRole,
  ArtifactSkipReason,
  DatasetInput,
  Experiment,
  ImageHeader,
  LifecycleStage,
  LoggedModel,
  Notice,
  PointBatch,
  PointDataset,
  Run,
  RunPart,
  RunRef,
  RunStatus,
  StageContext,
  UnreachableReason,
  UnreadPart,
} from './model.js';
export type { ConvertOptions, RunSelection, SourceOptions, WatchOptions, WatchPolicy } from './options.js';
export type { DeletedRun, RewriteReason, RunCounts, RunOutcome, RunReport, SkipCode, ToldPart } from './outcome.js';
export type { Content, UnreadableRun } from './plan/inventory.js';
export type { Loss } from './plan/losses.js';
export { type PlanEventMap, PlanEvents } from './plan/plan-events.js';
export type { Plan, PlannedRuns } from './plan/plan-result.js';
export type { Requirements } from './plan/requirements.js';
export {
  type AcceptedChanges,
  type ArtifactPolicy,
  type ArtifactRule,
  type ContextRule,
  DEFAULT_ARTIFACTS,
  type DeletedPolicy,
  type ImageSequences,
  type MappingPolicy,
  type RepeatedSteps,
} from './policies.js';
export { type ArtifactHooks, type ArtifactSource, classifyArtifacts } from './stages/classify-artifacts.js';
export type { CustomStage, CustomStages, RunStreams, StageRun } from './stages/custom-stages.js';
export { type EnumeratedRun, enumerateRuns, listExperiments } from './stages/enumerate-runs.js';
export { fetchHistories, type HistoryBatch, type HistoryOptions } from './stages/fetch-histories.js';
export { type Progress, type RunBatches, type RunSink, writeBatches } from './stages/write-batches.js';
export type { OutdatedRun, SourceError, SourceStatus, Status, StatusOptions } from './state/status.js';
export type { ConversionSummary, FailedRun } from './summary/summary.js';
export type { Difference, DifferenceCode } from './verify/compare/differences.js';
export type { Allowed, Compared, RunVerdict, Verdict } from './verify/compare/verdict.js';
export type { Finding } from './verify/contents.js';
export { type VerifyEventMap, VerifyEvents } from './verify/session/verify-events.js';
export type { VerifyOutcome, VerifyTotals } from './verify/session/verify-totals.js';
export type { VerifyOptions } from './verify.js';
