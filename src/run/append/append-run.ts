import { appendToRun, isStaged, type RunAddition } from '../../aim/run-appender.js';
import { databaseFingerprint, type StagedFiles, stagedFiles } from '../../aim/run-files.js';
import { failpoint } from '../../failpoints.js';
import { mapAttributes } from '../../mapping/attributes.js';
import { type LossMessage, lossMessages } from '../../mapping/messages.js';
import { type MappedRun, mapProperties } from '../../mapping/properties.js';
import { unreadPart, unreadParts } from '../../mapping/unread-parts.js';
import type { Notice, Run, RunPart } from '../../model.js';
import { emptyCounts, type RunCounts } from '../../outcome.js';
import type { NoticeList } from '../task/notice-list.js';
import type { RunEnvironment } from '../task/run-environment.js';
import type { BuiltRun, ReadState, StagedRun } from '../task/run-result.js';
import type { RunTask } from '../task/run-task.js';
import {
  type AppendedMetrics,
  appendToMetrics,
  collapsedPoints,
  latestTimestamp,
  metricNotices,
  summariesOf,
} from './added-points.js';
import { messagesDigest, timeOf } from './append-recorder.js';
import { type AppendState, decodeAppendState, encodeAppendState } from './append-state.js';
import { type AddedToRun, readGrowth } from './read-changes.js';

/** A task of which it is known how to add to it. */
export type AppendTask = RunTask & { readonly growth: string };

/** What a growing run is to become. */
interface GrownRun extends AppendedMetrics, Pick<AddedToRun, 'artifacts' | 'known'> {
  readonly mapped: MappedRun;
  readonly lastTimestamp: number | undefined;
  readonly notices: readonly Notice[];
  readonly losses: readonly LossMessage[];
  readonly messageTime: number;
  /** Their digest. */
  readonly messages: string;
}

/**
 * Brings to the staging directory what was added to a growing run, which costs what was added and not what is there:
 * points behind those known, metrics and artifacts that appear, and whatever of params, tags and header has changed. Undefined where
 * adding is not enough to end as a conversion of the whole run would: then that is what is to be done.
 */
export async function appendRun(
  task: AppendTask,
  run: Run,
  marks: ReadState,
  environment: RunEnvironment,
  header: NoticeList,
): Promise<BuiltRun | undefined> {
  const before = decodeAppendState(task.growth);
  if (lacksParts(header, before)) return undefined;
  const added = await readGrowth(task, run, before, environment, header.signal);
  const grown = added && becomes(task, run, before, added, environment, header.notices);
  if (grown === undefined) return undefined;
  const { repository, progress } = environment;
  const live = { meta: repository.meta(task.hash), seqs: repository.seqs(task.hash) };
  const files: StagedFiles = { ...stagedFiles(repository, task.hash), addsTo: before.databases };
  const bytesWritten = appendToRun(task.hash, live, files, additionOf(task, run, before, grown, environment));
  if (bytesWritten === undefined) return undefined;
  failpoint('batch-written');
  const counts = { ...countsOf(run, before, grown), bytesWritten };
  progress(counts.points, counts.artifactBytes);

  const growth = growthAfter(run, before, grown, files);
  const { properties, staleFrom: reviewAt } = grown.mapped;
  const same = !isStaged(files);
  const unread = unreadParts(grown.notices);
  const staged: StagedRun = {
    ...marks,
    hash: task.hash,
    runId: run.id,
    experimentId: task.ref.experimentId,
    active: true,
    existsInAim: task.existsInAim,
    reviewAt,
    properties,
    ...(unread.length > 0 && { unread }),
    ...(!same && { files }),
    ...(growth !== undefined && { growth }),
  };
  failpoint('run-built');
  const sameProperties =
    task.previousProperties === undefined || JSON.stringify(task.previousProperties) === JSON.stringify(properties);
  if (same && sameProperties) return { outcome: 'unchanged', details: { run, unread }, staged };
  return { outcome: 'updated', details: { run, counts, notices: grown.notices, unread }, staged };
}

/** Undefined when more would change than can be added. */
function becomes(
  { experiment, now }: RunTask,
  run: Run,
  before: AppendState,
  { points: added, artifacts, known }: AddedToRun,
  { options, orders }: RunEnvironment,
  header: readonly Notice[],
): GrownRun | undefined {
  const grown = appendToMetrics(before.metrics, added, options.mapping.repeatedSteps, orders);
  if (grown === undefined) return undefined;
  const lastTimestamp = latestTimestamp(before.lastTimestamp, added);
  const mapped = mapProperties(run, experiment, lastTimestamp, now, options.mapping);
  if (mapped.endTime !== null || mapped.properties.creationTime !== before.creationTime) return undefined;
  const notices = [...header, ...known.notices, ...metricNotices(grown.metrics)];
  const losses = lossMessages(notices);
  const messageTime = timeOf(lastTimestamp, mapped.properties);
  const messages = messagesDigest(losses, messageTime);
  if (messages === '' && before.messages !== '') return undefined;
  return {
    ...grown,
    ...(artifacts && { artifacts }),
    known,
    mapped,
    lastTimestamp,
    notices,
    losses,
    messageTime,
    messages,
  };
}

function additionOf(
  { experiment }: RunTask,
  run: Run,
  before: AppendState,
  { points, metrics, artifacts, losses, messageTime, messages }: GrownRun,
  { store, options }: RunEnvironment,
): RunAddition {
  const attributes = mapAttributes(run, experiment, store.uri, options.mapping);
  return {
    points,
    summaries: summariesOf(metrics),
    ...(artifacts && { artifacts: { ...artifacts, time: before.creationTime } }),
    end: { attributes, endTime: null, messages: losses, messageTime },
    newMessages: messages !== before.messages,
  };
}

function countsOf(run: Run, before: AppendState, { points, metrics, artifacts }: GrownRun): RunCounts {
  const counts = emptyCounts();
  counts.metrics = points.length;
  counts.points = points.reduce((sum, { ordered }) => sum + ordered.order.order.length, 0);
  counts.pointsCollapsed = collapsedPoints(metrics) - collapsedPoints(before.metrics);
  counts.params = run.params.size;
  counts.tags = run.tags.size;
  counts.artifactsListed = artifacts?.links.length ?? 0;
  for (const item of artifacts?.items ?? []) {
    if (item.type === 'kept' || item.place.role === 'log') continue;
    counts.artifacts[item.place.role]++;
    counts.artifactBytes += item.bytes.length;
  }
  return counts;
}

function growthAfter(
  run: Run,
  before: AppendState,
  { metrics, lastTimestamp, messages, known }: GrownRun,
  files: StagedFiles,
): string | undefined {
  const { artifacts, notices } = known;
  return encodeAppendState({
    databases: {
      meta: databaseFingerprint(files.meta) ?? before.databases.meta,
      seqs: databaseFingerprint(files.seqs) ?? before.databases.seqs,
    },
    artifacts,
    metrics,
    notices,
    messages,
    ...(lastTimestamp !== undefined && { lastTimestamp }),
    creationTime: before.creationTime,
    parts: [...new Set([...(before.parts ?? []), ...partsOf(run)])],
  });
}

/** Whether a part of the header that Aim has was not read: what Aim has of it is carried over by a conversion of the whole. */
function lacksParts({ notices, absentParts }: NoticeList, { parts }: AppendState): boolean {
  const isUnread = notices.some((notice) => unreadPart(notice) !== undefined);
  return isUnread || absentParts.some(({ part }) => parts?.includes(part) ?? true);
}

function partsOf({ params, tags, datasets, models }: Run): RunPart[] {
  const sizes = { params: params.size, tags: tags.size, datasets: datasets.length, models: models.length };
  return (Object.keys(sizes) as (keyof typeof sizes)[]).filter((part) => sizes[part] > 0);
}
