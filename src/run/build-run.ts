import { arrangePlaces } from '../aim/objects-writer.js';
import { freeFileNumber, isSameAsPublished, removeStaged, type StagedFiles, stagedFiles } from '../aim/run-files.js';
import { type RunEnd, RunWriter } from '../aim/run-writer.js';
import type { AimDict } from '../aim/value.js';
import { failpoint } from '../failpoints.js';
import { lossMessages } from '../mapping/messages.js';
import { type MappedRun, mapProperties } from '../mapping/properties.js';
import { unreadParts } from '../mapping/unread-parts.js';
import { isActive } from '../model.js';
import { classifyArtifacts } from '../stages/classify-artifacts.js';
import { throughStages } from '../stages/custom-stages.js';
import { fetchHistories } from '../stages/fetch-histories.js';
import { writeBatches } from '../stages/write-batches.js';
import { AppendRecorder, messagesDigest, messageTimeOf } from './append/append-recorder.js';
import { CarriedArtifacts } from './carry-over/carried-artifacts.js';
import { type CarriedHeader, carryHeader } from './carry-over/carried-header.js';
import { CarriedMetrics } from './carry-over/carried-metrics.js';
import { CarryOver } from './carry-over/carry-over.js';
import { builtRun } from './task/built-run.js';
import type { RunNotices } from './task/notice-list.js';
import type { RunEnvironment } from './task/run-environment.js';
import type { BuiltRun, ReadRun } from './task/run-result.js';
import type { RunTask } from './task/run-task.js';

/** A whole run in the staging directory. */
interface StagedTables {
  readonly files: StagedFiles;
  readonly writer: RunWriter;
  readonly mapped: MappedRun;
  readonly bytesWritten: number;
  readonly recorder: AppendRecorder | undefined;
}

/** Writes a complete run into the staging directory. What could not be read is carried over from Aim. */
export async function buildRun(read: ReadRun, environment: RunEnvironment, told: RunNotices): Promise<BuiltRun> {
  const { task } = read;
  const { repository } = environment;
  const fileNumber = freeFileNumber(repository, task.hash);
  const carry = new CarryOver(task, fileNumber > 1 ? repository : undefined, told);
  try {
    const header = carryHeader(carry, task, read.run, environment);
    const tables = await writeRun(task, header, environment, carry, fileNumber);
    failpoint('run-built');
    return finishRun({ ...read, run: header.run }, header, tables, environment, told);
  } finally {
    carry.close();
  }
}

/** Fetch metric histories → classify artifacts → batch write. */
async function writeRun(
  { hash, experiment, ref, now }: RunTask,
  { run, attributes }: CarriedHeader,
  { repository, store, options, orders, progress, stages }: RunEnvironment,
  carry: CarryOver,
  fileNumber: number,
): Promise<StagedTables> {
  const { told } = carry;
  const { body, signal } = told;
  // appending would bypass the stages of a program
  const canAppend = isActive(run) && stages === undefined;
  const recorder = canAppend ? await AppendRecorder.begin(store, ref, run, options.artifacts, signal) : undefined;
  const files = stagedFiles(repository, hash);
  const writer = new RunWriter({ hash, files, fileNumber }, options.mapping.repeatedSteps, orders, {
    onNotice: told.points.notice,
    onMetricWritten: recorder?.onMetricWritten,
    kept: new CarriedMetrics(carry, options.mapping.contexts),
  });
  // some properties depend on the points, so this is evaluated when those are written
  const mapped = once(() => mapProperties(run, experiment, writer.lastTimestamp, now, options.mapping));

  const histories = fetchHistories(store, ref, body, {
    startTime: run.startTime,
    onCursor: recorder?.onCursor,
    contexts: options.mapping.contexts,
    onClash: told.points.notice,
  });
  const source = new CarriedArtifacts(carry, store, options.artifacts);
  const artifacts = source.followedByLinks(
    classifyArtifacts(source, { ref, run }, options.artifacts, body, {
      arrange: arrangePlaces,
      onListed: recorder?.onListed,
      onRead: recorder?.onRead,
    }),
  );
  const streams = throughStages({ histories, artifacts }, stages, { experiment, ref, run }, body);
  const artifactTime = () => mapped().properties.creationTime;
  const end = () => endOf(mapped(), attributes, writer.lastTimestamp, told);
  const bytesWritten = await writeBatches(writer, { ...streams, artifactTime, end }, body, progress);
  return { files, writer, mapped: mapped(), bytesWritten, recorder };
}

function endOf(
  { endTime, stale, properties }: MappedRun,
  attributes: AimDict,
  lastTimestamp: number | undefined,
  told: RunNotices,
): RunEnd {
  if (stale !== undefined) told.end.notice(stale);
  const messageTime = endTime ?? messageTimeOf(lastTimestamp, properties);
  return { attributes, endTime, messages: lossMessages(told.all), messageTime };
}

function finishRun(
  read: ReadRun,
  { parts }: CarriedHeader,
  { files, writer, mapped, bytesWritten, recorder }: StagedTables,
  { repository }: RunEnvironment,
  told: RunNotices,
): BuiltRun {
  const { hash } = read.task;
  const { creationTime } = mapped.properties;
  const { lastTimestamp } = writer;
  const isSame = isSameAsPublished(repository, hash, files);
  const recorded = {
    databases: isSame ? { meta: repository.meta(hash), seqs: repository.seqs(hash) } : files,
    notices: told.body.notices,
    messages: messagesDigest(lossMessages(told.all), messageTimeOf(lastTimestamp, mapped.properties)),
    lastTimestamp,
    creationTime,
    parts,
  };
  // a stale run has ended as far as Aim is concerned
  const appendState = mapped.stale === undefined ? recorder?.finish(recorded) : undefined;
  if (isSame) removeStaged(files);
  const { params, tags } = read.run;
  const counts = { ...writer.counts(), params: params.size, tags: tags.size, bytesWritten };
  return builtRun(read, {
    files: isSame ? undefined : files,
    properties: mapped.properties,
    endTime: mapped.endTime,
    reviewAt: mapped.staleFrom,
    appendState,
    counts,
    notices: told.all,
    unread: unreadParts(told.all),
  });
}

/** A function that computes its result on the first call. */
function once<T extends object>(compute: () => T): () => T {
  let result: T | undefined;
  return () => (result ??= compute());
}
