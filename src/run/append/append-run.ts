import { appendToRun, isStaged, type RunAppend } from '../../aim/run-appender.js';
import { databaseFingerprint, type StagedFiles, stagedFiles } from '../../aim/run-files.js';
import { failpoint } from '../../failpoints.js';
import { mapAttributes } from '../../mapping/attributes.js';
import { type LossMessage, lossMessages } from '../../mapping/messages.js';
import { type MappedRun, mapProperties } from '../../mapping/properties.js';
import { unreadPart, unreadParts } from '../../mapping/unread-parts.js';
import type { Notice, Run, RunPart } from '../../model.js';
import { emptyCounts, type RewriteReason, type RunCounts } from '../../outcome.js';
import { builtRun } from '../task/built-run.js';
import type { NoticeList } from '../task/notice-list.js';
import type { RunEnvironment } from '../task/run-environment.js';
import type { BuiltRun, ReadRun } from '../task/run-result.js';
import { messagesDigest, messageTimeOf } from './append-recorder.js';
import { type AppendState, decodeAppendState, encodeAppendState } from './append-state.js';
import {
  type AppendedMetrics,
  appendToMetrics,
  collapsedPoints,
  latestTimestamp,
  metricNotices,
  summariesOf,
} from './metric-changes.js';
import { type RunChanges, readRunChanges } from './read-changes.js';

/** The target state of the run. */
interface AppendedRun extends AppendedMetrics, Pick<RunChanges, 'artifacts' | 'known'> {
  readonly mapped: MappedRun;
  readonly lastTimestamp: number | undefined;
  readonly notices: readonly Notice[];
  readonly losses: readonly LossMessage[];
  readonly messageTime: number;
  /** Digest of the losses and their time. */
  readonly messages: string;
}

/**
 * Builds in the staging directory what was added to an active run: points after the known ones, new metrics and artifacts,
 * and changes of params, tags and header. Costs what was added, not what exists. Returns a reason if the result would differ
 * from a conversion of the whole run; nothing is then left in the staging directory.
 */
export async function appendRun(
  read: ReadRun,
  appendState: string,
  environment: RunEnvironment,
  header: NoticeList,
): Promise<BuiltRun | RewriteReason> {
  const before = decodeAppendState(appendState);
  if (isHeaderUnread(header, before)) return 'header-unread';
  const changes = await readRunChanges(read, before, environment, header.signal);
  if (typeof changes === 'string') return changes;
  const after = applyChanges(read, before, changes, environment, header.notices);
  if (typeof after === 'string') return after;

  const { run, task } = read;
  const { mapped, notices } = after;
  const { repository, progress } = environment;
  const live = { meta: repository.meta(task.hash), seqs: repository.seqs(task.hash) };
  const files: StagedFiles = { ...stagedFiles(repository, task.hash), appendsTo: before.databases };
  const bytesWritten = appendToRun(task.hash, live, files, runAppendOf(read, before, after, environment));
  if (bytesWritten === undefined) return 'sequence-conflict';
  failpoint('batch-written');
  const counts = { ...countsOf(run, before, after), bytesWritten };
  progress(counts.points, counts.artifactBytes);
  failpoint('run-built');
  return builtRun(read, {
    files: isStaged(files) ? files : undefined,
    properties: mapped.properties,
    endTime: mapped.endTime,
    reviewAt: mapped.staleFrom,
    appendState: appendStateAfter(run, before, after, files),
    counts,
    notices,
    unread: unreadParts(notices),
  });
}

/** The run after the changes, if they can be appended. */
function applyChanges(
  { task: { experiment, now }, run }: ReadRun,
  before: AppendState,
  { points: newPoints, artifacts, known }: RunChanges,
  { options, orders }: RunEnvironment,
  header: readonly Notice[],
): AppendedRun | RewriteReason {
  const appended = appendToMetrics(before.metrics, newPoints, options.mapping, orders);
  if (typeof appended === 'string') return appended;
  const lastTimestamp = latestTimestamp(before.lastTimestamp, newPoints);
  const mapped = mapProperties(run, experiment, lastTimestamp, now, options.mapping);
  if (mapped.endTime !== null || mapped.properties.creationTime !== before.creationTime) return 'times-changed';
  const notices = [...header, ...known.notices, ...metricNotices(appended.metrics, options.mapping)];
  const losses = lossMessages(notices);
  const messageTime = messageTimeOf(lastTimestamp, mapped.properties);
  const messages = messagesDigest(losses, messageTime);
  if (messages === '' && before.messages !== '') return 'messages-gone';
  return {
    ...appended,
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

function runAppendOf(
  { task: { experiment, family }, run }: ReadRun,
  before: AppendState,
  { points, metrics, artifacts, losses, messageTime, messages }: AppendedRun,
  { store, options }: RunEnvironment,
): RunAppend {
  const attributes = mapAttributes(run, experiment, { trackingUri: store.uri, family }, options.mapping);
  return {
    points,
    summaries: summariesOf(metrics, options.mapping),
    ...(artifacts && { artifacts: { ...artifacts, time: before.creationTime } }),
    end: { attributes, endTime: null, messages: losses, messageTime },
    newMessages: messages !== before.messages,
  };
}

function countsOf(run: Run, before: AppendState, { points, metrics, artifacts }: AppendedRun): RunCounts {
  const counts = emptyCounts();
  counts.metrics = points.length;
  counts.points = points.reduce((sum, { ordered }) => sum + ordered.order.order.length, 0);
  counts.pointsCollapsed = collapsedPoints(metrics) - collapsedPoints(before.metrics);
  counts.params = run.params.size;
  counts.tags = run.tags.size;
  counts.artifactsListed = artifacts?.links.length ?? 0;
  for (const item of artifacts?.items ?? []) {
    const { role } = item.place;
    if (item.type === 'kept' || role === 'log' || role === 'table') continue;
    counts.artifacts[role]++;
    counts.artifactBytes += item.bytes.length;
  }
  return counts;
}

function appendStateAfter(
  run: Run,
  before: AppendState,
  { metrics, lastTimestamp, messages, known }: AppendedRun,
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

/** Whether a part of the header that Aim has was not read. Only a conversion of the whole run carries it over. */
function isHeaderUnread({ notices, absentParts }: NoticeList, { parts }: AppendState): boolean {
  const isUnread = notices.some((notice) => unreadPart(notice) !== undefined);
  return isUnread || absentParts.some(({ part }) => parts?.includes(part) ?? true);
}

function partsOf({ params, tags, datasets, models }: Run): RunPart[] {
  const sizes = { params: params.size, tags: tags.size, datasets: datasets.length, models: models.length };
  return (Object.keys(sizes) as (keyof typeof sizes)[]).filter((part) => sizes[part] > 0);
}
