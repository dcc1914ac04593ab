import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { arrangePlaces } from './aim/objects-writer.js';
import type { Repository } from './aim/repository.js';
import {
  freeFileNumber,
  isBeingTracked,
  isSameAsPublished,
  removeStaged,
  type StagedFiles,
  stagedFiles,
  wasWrittenByAim,
} from './aim/run-files.js';
import type { RunProperties } from './aim/run-metadata.js';
import { type RunEnd, RunWriter } from './aim/run-writer.js';
import type { StepOrders } from './aim/step-order.js';
import { ConvertError, toConvertError } from './errors.js';
import { mapAttributes } from './mapping/attributes.js';
import { lossMessages } from './mapping/messages.js';
import { mapProperties } from './mapping/properties.js';
import { uriScheme } from './mlflow/file/file-uri.js';
import type { TrackingStore } from './mlflow/tracking-store.js';
import type { Notice, Run, StageContext } from './model.js';
import type { ArtifactPolicy, MappingPolicy } from './policies.js';
import { emptyCounts, type RunCounts, type RunOutcome, type RunReport } from './report/run-report.js';
import { classifyArtifacts } from './stages/classify-artifacts.js';
import type { EnumeratedRun } from './stages/enumerate-runs.js';
import { fetchHistories } from './stages/fetch-histories.js';
import { type Progress, writeBatches } from './stages/write-batches.js';

/** Raised whenever the same source would be written differently, so that what was written before is written again. */
const MAPPING_VERSION = 1;

/** Why a run or a whole experiment is passed over. */
export const DELETED = 'Deleted in MLflow; --include-deleted takes such runs along.';

/** A run to convert, and what is known of it from the last time. A plain object: it may cross to another thread. */
export interface RunJob extends EnumeratedRun {
  readonly hash: string;
  /** Whether Aim lists the run already. */
  readonly listed: boolean;
  /** What was last written into Aim's relational database, if that is known. */
  readonly before?: RunProperties;
  /** A run of this id is in the repository already from this very conversion. */
  readonly twice?: boolean;
  /** What the ledger says was read, if anything. */
  readonly known?: { readonly revision: string; readonly inputs: string; readonly reviewAt: number | null };
}

/** A run that is built and waits to be published. */
export interface StagedRun {
  readonly hash: string;
  readonly runId: string;
  /** Absent when the repository already holds the same tables. */
  readonly files?: StagedFiles;
  readonly revision: string;
  readonly inputs: string;
  readonly reviewAt: number | null;
  readonly properties: RunProperties;
  readonly experimentId?: string;
  /** Whether the run goes on in MLflow. */
  readonly active?: boolean;
  /** Whether Aim listed the run when it was read: one that is gone since was removed by a person. */
  readonly listed?: boolean;
}

/** What became of a job: the report, and what is to be published. */
export interface RunResult {
  readonly report: RunReport;
  readonly staged?: StagedRun;
}

/** The part of the conversion's options that decides about a single run. */
export interface RunOptions {
  readonly includeDeleted: boolean;
  readonly overwrite: boolean;
  readonly mapping: MappingPolicy;
  readonly artifacts: ArtifactPolicy;
  /** The time of the conversion, milliseconds; decides which runs are stale. */
  readonly now: number;
}

/** What the runs of one thread share. */
export interface RunEnvironment {
  readonly store: TrackingStore;
  readonly repository: Repository;
  readonly options: RunOptions;
  readonly orders: StepOrders;
  readonly progress: Progress;
}

/**
 * Brings one run from MLflow to the staging directory, whole, or says why not. Rejects only when the signal is aborted or
 * the error is fatal for the whole conversion.
 */
export async function convertRun(job: RunJob, environment: RunEnvironment, signal: AbortSignal): Promise<RunResult> {
  const { ref } = job;
  const notices: Notice[] = [];
  const context: StageContext = { signal, notice: (notice) => notices.push(notice) };
  try {
    const revision = await environment.store.revision(ref, signal);
    const inputs = inputsOf(job, environment);
    const untouched = !wasWrittenByAim(environment.repository, job.hash);
    if (untouched && isUpToDate(job, revision, inputs, environment.options.now)) {
      return { report: report(job, 'unchanged') };
    }
    const run = await environment.store.run(ref, context);
    const reason = reasonToSkip(job, run, environment);
    if (reason !== undefined) return { report: report(job, 'skipped', { run, reason }) };
    if (job.twice) {
      throw new ConvertError(
        'skip-run',
        `The run id ${ref.runId} occurs twice in the source; the other run was taken.`,
      );
    }
    return await build(job, run, { revision, inputs }, environment, context, notices);
  } catch (cause) {
    if (signal.aborted) throw cause;
    const error = toConvertError(cause, 'skip-run', `run ${ref.runId}`);
    if (error.kind === 'fatal') throw error;
    return { report: failure(job, error, notices) };
  }
}

/** A digest of all that decides about the result beside the run itself. */
export function inputsOf({ experiment }: Pick<RunJob, 'experiment'>, { store, options }: RunEnvironment): string {
  const { mapping, artifacts } = options;
  const { id, name, lifecycleStage, creationTime, tags } = experiment;
  const decisive = [
    MAPPING_VERSION,
    mapping,
    artifacts,
    store.uri,
    id,
    name,
    lifecycleStage,
    creationTime,
    [...tags].sort(),
  ];
  return createHash('sha256').update(JSON.stringify(decisive)).digest('hex').slice(0, 32);
}

/** Whether what was read the last time would be read again, and written the same. */
export function isUpToDate({ known }: Pick<RunJob, 'known'>, revision: string, inputs: string, now: number): boolean {
  if (known === undefined || known.revision !== revision || known.inputs !== inputs) return false;
  return known.reviewAt === null || now < known.reviewAt;
}

function reasonToSkip(
  { hash, experiment }: RunJob,
  run: Run,
  { repository, options }: RunEnvironment,
): string | undefined {
  const deleted = run.lifecycleStage === 'deleted' || experiment.lifecycleStage === 'deleted';
  if (deleted && !options.includeDeleted) return DELETED;
  if (!existsSync(repository.meta(hash))) return undefined;
  if (isBeingTracked(repository, hash)) return 'Aim is writing the run at this moment; run again when it is done.';
  if (wasWrittenByAim(repository, hash) && !options.overwrite) {
    return 'Aim has written the run since it was converted; --overwrite replaces it.';
  }
  return undefined;
}

/** Fetch metric histories → classify artifacts → batch write, and what follows from what was written. */
async function build(
  job: RunJob,
  run: Run,
  marks: { readonly revision: string; readonly inputs: string },
  { repository, store, options, orders, progress }: RunEnvironment,
  context: StageContext,
  notices: Notice[],
): Promise<RunResult> {
  const { hash, experiment, ref } = job;
  const files = stagedFiles(repository, hash);
  const place = { hash, files, fileNumber: freeFileNumber(repository, hash) };
  const writer = new RunWriter(place, options.mapping.repeatedSteps, orders, context.notice);
  const mapped = () => mapProperties(run, experiment, writer.lastTimestamp, options.now, options.mapping);
  const startTime = () => mapped().properties.creationTime;
  const end = (): RunEnd => {
    const { endTime, stale, properties } = mapped();
    if (stale !== undefined) context.notice(stale);
    return {
      attributes: mapAttributes(run, experiment, store.uri, options.mapping),
      endTime,
      messages: lossMessages(notices),
      messageTime:
        endTime ?? (writer.lastTimestamp === undefined ? properties.creationTime : writer.lastTimestamp / 1000),
    };
  };

  const histories = fetchHistories(store, ref, context);
  const artifacts = classifyArtifacts(store, ref, run, options.artifacts, arrangePlaces, context);
  const bytesWritten = await writeBatches(writer, histories, artifacts, startTime, end, progress, context);

  const same = isSameAsPublished(repository, hash, files);
  if (same) removeStaged(files);
  const { properties, staleFrom, endTime } = mapped();
  const reviewAt = mayBeThereLater(run, notices) ? 0 : staleFrom;
  const placed = { experimentId: ref.experimentId, active: endTime === null, listed: job.listed };
  const staged: StagedRun = { hash, runId: run.id, ...marks, ...placed, reviewAt, properties, ...(!same && { files }) };
  const sameProperties = job.before === undefined || JSON.stringify(job.before) === JSON.stringify(properties);
  if (same && job.listed && sameProperties) return { report: report(job, 'unchanged', { run }), staged };
  const counts = { ...writer.counts(), params: run.params.size, tags: run.tags.size, bytesWritten };
  return { report: report(job, job.listed ? 'updated' : 'new', { run, counts, notices }), staged };
}

/** Of files on other machines no mark of the source tells: what could not be had is tried again the next time. */
function mayBeThereLater({ artifactUri = '' }: Run, notices: readonly Notice[]): boolean {
  const scheme = uriScheme(artifactUri);
  if (scheme === undefined || scheme === 'file') return false;
  return notices.some(
    (notice) =>
      notice.kind === 'artifacts-unreachable' || (notice.kind === 'artifact-skipped' && notice.reason === 'unreadable'),
  );
}

interface ReportDetails {
  readonly run?: Run;
  readonly reason?: string;
  readonly counts?: RunCounts;
  readonly notices?: readonly Notice[];
}

/** The report of a job; without details, one of which nothing was read. */
export function report(
  { ref, hash, experiment, before }: RunJob,
  outcome: RunOutcome,
  details: ReportDetails = {},
): RunReport {
  const { run, reason, counts = emptyCounts(), notices = [] } = details;
  const runName = run?.name ?? run?.tags.get('mlflow.runName') ?? before?.name;
  return {
    runId: ref.runId,
    runHash: hash,
    ...(runName !== undefined && { runName }),
    experiment: experiment.name,
    outcome,
    ...(reason !== undefined && { reason }),
    counts,
    notices,
  };
}

function failure(job: RunJob, error: ConvertError, notices: readonly Notice[]): RunReport {
  const outcome = error.kind === 'not-a-run' ? 'skipped' : 'failed';
  return report(job, outcome, { reason: error.sentence, notices });
}
