import { arrangePlaces } from '../aim/objects-writer.js';
import { freeFileNumber, isSameAsPublished, removeStaged, type StagedFiles, stagedFiles } from '../aim/run-files.js';
import { type RunEnd, RunWriter } from '../aim/run-writer.js';
import { failpoint } from '../failpoints.js';
import { lossMessages } from '../mapping/messages.js';
import { type MappedRun, mapProperties } from '../mapping/properties.js';
import { unreadParts } from '../mapping/unread-parts.js';
import type { Run } from '../model.js';
import { isActive } from '../model.js';
import { classifyArtifacts } from '../stages/classify-artifacts.js';
import { fetchHistories } from '../stages/fetch-histories.js';
import { writeBatches } from '../stages/write-batches.js';
import { AppendRecorder, messagesDigest, timeOf } from './append/append-recorder.js';
import { CarriedArtifacts } from './carry-over/carried-artifacts.js';
import { type CarriedHeader, carryHeader } from './carry-over/carried-header.js';
import { CarriedMetrics } from './carry-over/carried-metrics.js';
import { CarryOver } from './carry-over/carry-over.js';
import type { RunNotices } from './task/notice-list.js';
import type { RunEnvironment } from './task/run-environment.js';
import type { BuiltRun, ReadState, StagedRun } from './task/run-result.js';
import type { RunTask } from './task/run-task.js';

/** A run in the staging directory, and what it was made of. */
interface WrittenRun {
  readonly header: CarriedHeader;
  readonly writer: RunWriter;
  readonly mapped: MappedRun;
  readonly files: StagedFiles;
  readonly bytesWritten: number;
  readonly recorder: AppendRecorder | undefined;
}

/**
 * Fetch metric histories → classify artifacts → batch write, and what follows from what was written. What could not be read
 * is what Aim has of it.
 */
export async function buildRun(
  task: RunTask,
  run: Run,
  marks: ReadState,
  environment: RunEnvironment,
  told: RunNotices,
): Promise<BuiltRun> {
  const fileNumber = freeFileNumber(environment.repository, task.hash);
  const carry = new CarryOver(task, fileNumber > 1 ? environment.repository : undefined, told);
  try {
    const header = carryHeader(carry, task, run, environment);
    const written = await writeRun(task, header, environment, carry, fileNumber);
    failpoint('run-built');
    return builtRun(task, marks, environment, told, written);
  } finally {
    carry.close();
  }
}

async function writeRun(
  { hash, experiment, ref, now }: RunTask,
  header: CarriedHeader,
  { repository, store, options, orders, progress }: RunEnvironment,
  carry: CarryOver,
  fileNumber: number,
): Promise<WrittenRun> {
  const { run, attributes } = header;
  const { told } = carry;
  const { body, signal } = told;
  const recorder = isActive(run) ? await AppendRecorder.begin(store, ref, run, options.artifacts, signal) : undefined;
  const files = stagedFiles(repository, hash);
  const hooks = { notice: told.points.notice, written: recorder?.written, kept: new CarriedMetrics(carry) };
  const writer = new RunWriter({ hash, files, fileNumber }, options.mapping.repeatedSteps, orders, hooks);
  const mapped = () => mapProperties(run, experiment, writer.lastTimestamp, now, options.mapping);
  const startTime = () => mapped().properties.creationTime;
  const end = (): RunEnd => {
    const { endTime, stale, properties } = mapped();
    if (stale !== undefined) told.end.notice(stale);
    const messageTime = endTime ?? timeOf(writer.lastTimestamp, properties);
    return { attributes, endTime, messages: lossMessages(told.all), messageTime };
  };

  const histories = fetchHistories(store, ref, body, recorder?.marked, run.startTime);
  const source = new CarriedArtifacts(carry, store, options.artifacts);
  const artifacts = source.followedByLinks(
    classifyArtifacts(source, ref, run, options.artifacts, arrangePlaces, body, recorder?.listed),
  );
  const bytesWritten = await writeBatches(writer, histories, artifacts, startTime, end, progress, body);
  return { header, writer, mapped: mapped(), files, bytesWritten, recorder };
}

function builtRun(
  task: RunTask,
  marks: ReadState,
  { repository }: RunEnvironment,
  told: RunNotices,
  { header, writer, mapped, files, bytesWritten, recorder }: WrittenRun,
): BuiltRun {
  const { hash, ref, existsInAim } = task;
  const { run, parts } = header;
  const { properties, staleFrom, stale, endTime } = mapped;
  const same = isSameAsPublished(repository, hash, files);
  const growth =
    stale !== undefined
      ? undefined
      : recorder?.finish({
          databases: same ? { meta: repository.meta(hash), seqs: repository.seqs(hash) } : files,
          notices: told.body.notices,
          messages: messagesDigest(lossMessages(told.all), timeOf(writer.lastTimestamp, properties)),
          lastTimestamp: writer.lastTimestamp,
          creationTime: properties.creationTime,
          parts,
        });
  if (same) removeStaged(files);
  const unread = unreadParts(told.all);
  const staged: StagedRun = {
    hash,
    runId: run.id,
    ...marks,
    experimentId: ref.experimentId,
    active: endTime === null,
    existsInAim,
    reviewAt: staleFrom,
    properties,
    ...(unread.length > 0 && { unread }),
    ...(!same && { files }),
    ...(growth !== undefined && { growth }),
  };
  const sameProperties =
    task.previousProperties === undefined || JSON.stringify(task.previousProperties) === JSON.stringify(properties);
  if (same && existsInAim && sameProperties) return { outcome: 'unchanged', details: { run, unread }, staged };
  const counts = { ...writer.counts(), params: run.params.size, tags: run.tags.size, bytesWritten };
  return { outcome: existsInAim ? 'updated' : 'new', details: { run, counts, notices: told.all, unread }, staged };
}
