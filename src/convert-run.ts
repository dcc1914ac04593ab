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
import { growRun } from './grow-run.js';
import { mapAttributes } from './mapping/attributes.js';
import { lossMessages } from './mapping/messages.js';
import { mapProperties } from './mapping/properties.js';
import type { TrackingStore } from './mlflow/tracking-store.js';
import type { Notice, Run } from './model.js';
import { NoticeList } from './notice-list.js';
import type { ArtifactPolicy, MappingPolicy } from './policies.js';
import { emptyCounts, type RunCounts, type RunOutcome, type RunReport } from './report/run-report.js';
import { classifyArtifacts } from './stages/classify-artifacts.js';
import type { EnumeratedRun } from './stages/enumerate-runs.js';
import { fetchHistories } from './stages/fetch-histories.js';
import { type Progress, writeBatches } from './stages/write-batches.js';
import { failpoint } from './sync/failpoints.js';
import { GrowthRecorder, isGrowing, messagesDigest, timeOf } from './sync/growth-recorder.js';

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
  readonly known?: {
    readonly revision: string;
    readonly inputs: string;
    readonly reviewAt: number | null;
    /** What is needed to add to the run in place. */
    readonly growth?: string;
  };
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
  /** What will be needed to add to the run in place; absent when it has to be read whole the next time. */
  readonly growth?: string;
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
  const { ref, known } = job;
  const header = new NoticeList(signal);
  const told: NoticeList[] = [header];
  try {
    const revision = await environment.store.revision(ref, signal);
    const inputs = inputsOf(job, environment);
    const untouched = !wasWrittenByAim(environment.repository, job.hash);
    if (untouched && isUpToDate(job, revision, inputs, environment.options.now)) {
      return { report: report(job, 'unchanged') };
    }
    const run = await environment.store.run(ref, header);
    const reason = reasonToSkip(job, run, environment);
    if (reason !== undefined) return { report: report(job, 'skipped', { run, reason }) };
    if (job.twice) {
      throw new ConvertError(
        'skip-run',
        `The run id ${ref.runId} occurs twice in the source; the other run was taken.`,
      );
    }
    const marks = { revision, inputs };
    if (untouched && known?.inputs === inputs && known.growth !== undefined && isGrowing(run)) {
      const grown = await growRun({ ...job, growth: known.growth }, run, marks, environment, header);
      if (grown !== undefined) return grown;
    }
    const body = new NoticeList(signal);
    told.push(body);
    return await build(job, run, marks, environment, header, body);
  } catch (cause) {
    if (signal.aborted) throw cause;
    const error = toConvertError(cause, 'skip-run', `run ${ref.runId}`);
    if (error.kind === 'fatal') throw error;
    const notices = told.flatMap(({ notices }) => notices);
    return { report: failure(job, error, notices) };
  }
}

/** A digest of all that decides about the result beside the run itself. */
function inputsOf({ experiment }: RunJob, { store, options }: RunEnvironment): string {
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

function isUpToDate({ known }: RunJob, revision: string, inputs: string, now: number): boolean {
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

/**
 * Fetch metric histories → classify artifacts → batch write, and what follows from what was written. Notices of histories
 * and artifacts go to `body`.
 */
async function build(
  job: RunJob,
  run: Run,
  marks: { readonly revision: string; readonly inputs: string },
  { repository, store, options, orders, progress }: RunEnvironment,
  header: NoticeList,
  body: NoticeList,
): Promise<RunResult> {
  const { hash, experiment, ref } = job;
  const { signal } = body;
  const recorder = isGrowing(run) ? await GrowthRecorder.begin(store, ref, run, options.artifacts, signal) : undefined;
  const files = stagedFiles(repository, hash);
  const place = { hash, files, fileNumber: freeFileNumber(repository, hash) };
  const points = new NoticeList(signal);
  const writer = new RunWriter(place, options.mapping.repeatedSteps, orders, points.notice, recorder?.written);
  const mapped = () => mapProperties(run, experiment, writer.lastTimestamp, options.now, options.mapping);
  const startTime = () => mapped().properties.creationTime;
  const ends = new NoticeList(signal);
  const notices = () => [header, body, points, ends].flatMap((list) => list.notices);
  const end = (): RunEnd => {
    const { endTime, stale, properties } = mapped();
    if (stale !== undefined) ends.notice(stale);
    return {
      attributes: mapAttributes(run, experiment, store.uri, options.mapping),
      endTime,
      messages: lossMessages(notices()),
      messageTime: endTime ?? timeOf(writer.lastTimestamp, properties),
    };
  };

  const histories = fetchHistories(store, ref, body, recorder?.marked);
  const artifacts = classifyArtifacts(store, ref, run, options.artifacts, arrangePlaces, body);
  const bytesWritten = await writeBatches(writer, histories, artifacts, startTime, end, progress, body);

  failpoint('run-built');
  const same = isSameAsPublished(repository, hash, files);
  const { properties, staleFrom: reviewAt, stale } = mapped();
  const growth =
    stale !== undefined
      ? undefined
      : recorder?.finish({
          databases: same ? { meta: repository.meta(hash), seqs: repository.seqs(hash) } : files,
          notices: body.notices,
          messages: messagesDigest(lossMessages(notices()), timeOf(writer.lastTimestamp, properties)),
          lastTimestamp: writer.lastTimestamp,
          creationTime: properties.creationTime,
        });
  if (same) removeStaged(files);
  const staged: StagedRun = {
    hash,
    runId: run.id,
    ...marks,
    reviewAt,
    properties,
    ...(!same && { files }),
    ...(growth !== undefined && { growth }),
  };
  const sameProperties = job.before === undefined || JSON.stringify(job.before) === JSON.stringify(properties);
  if (same && job.listed && sameProperties) return { report: report(job, 'unchanged', { run }), staged };
  const counts = { ...writer.counts(), params: run.params.size, tags: run.tags.size, bytesWritten };
  return { report: report(job, job.listed ? 'updated' : 'new', { run, counts, notices: notices() }), staged };
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
