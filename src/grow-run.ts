import { databaseMark, type StagedFiles, stagedFiles } from './aim/run-files.js';
import { growRun as growAimRun, isStaged, type RunAddition } from './aim/run-grower.js';
import { mapAttributes } from './mapping/attributes.js';
import { type LossMessage, lossMessages } from './mapping/messages.js';
import { type MappedRun, mapProperties } from './mapping/properties.js';
import type { Notice, Run } from './model.js';
import { NoticeList } from './notice-list.js';
import { emptyCounts } from './report/run-report.js';
import type { BuiltRun, RunEnvironment, RunJob, StagedRun } from './run-job.js';
import {
  type AddedPoints,
  collapsedPoints,
  collectGrowth,
  type GrownMetrics,
  growMetrics,
  latestTimestamp,
  metricNotices,
  summariesOf,
} from './sync/added-points.js';
import { failpoint } from './sync/failpoints.js';
import { artifactsMark, messagesDigest, timeOf } from './sync/growth-recorder.js';
import { decodeGrowth, encodeGrowth, type GrowthState } from './sync/growth-state.js';

/** A job of which it is known how to add to it. */
export type GrowJob = RunJob & { readonly growth: string };

/** What a growing run is to become. */
interface GrownRun extends GrownMetrics {
  readonly mapped: MappedRun;
  readonly lastTimestamp: number | undefined;
  readonly notices: readonly Notice[];
  readonly losses: readonly LossMessage[];
  readonly messageTime: number;
}

/**
 * Brings to the staging directory what was added to a growing run, which costs what was added and not what is there:
 * points behind those known, metrics that appear, and whatever of params, tags and header has changed. Undefined where
 * adding is not enough to end as a conversion of the whole run would: then that is what is to be done.
 */
export async function growRun(
  job: GrowJob,
  run: Run,
  marks: { readonly revision: string; readonly inputs: string },
  environment: RunEnvironment,
  header: NoticeList,
): Promise<BuiltRun | undefined> {
  const before = decodeGrowth(job.growth);
  const added = await readGrowth(job, run, before, environment, header.signal);
  const grown = added === undefined ? undefined : becomes(job, run, before, added, environment, header.notices);
  if (grown === undefined) return undefined;
  const { repository, store, options, progress } = environment;
  const { mapped, losses, messageTime } = grown;
  const messages = messagesDigest(losses, messageTime);
  if (messages === '' && before.messages !== '') return undefined;

  const files: StagedFiles = { ...stagedFiles(repository, job.hash), addsTo: before.databases };
  const addition: RunAddition = {
    points: grown.points,
    summaries: summariesOf(grown.metrics),
    end: {
      attributes: mapAttributes(run, job.experiment, store.uri, options.mapping),
      endTime: null,
      messages: losses,
      messageTime,
    },
    newMessages: messages !== before.messages,
  };
  const live = { meta: repository.meta(job.hash), seqs: repository.seqs(job.hash) };
  const bytesWritten = growAimRun(job.hash, live, files, addition);
  if (bytesWritten === undefined) return undefined;
  failpoint('batch-written');
  const points = grown.points.reduce((sum, { ordered }) => sum + ordered.order.order.length, 0);
  progress(points, 0);

  const growth = growthAfter(before, grown, messages, files);
  const { properties, staleFrom: reviewAt } = mapped;
  const same = !isStaged(files);
  const staged: StagedRun = {
    ...marks,
    hash: job.hash,
    runId: run.id,
    experimentId: job.ref.experimentId,
    active: true,
    listed: job.listed,
    reviewAt,
    properties,
    ...(!same && { files }),
    ...(growth !== undefined && { growth }),
  };
  failpoint('run-built');
  const sameProperties = job.before === undefined || JSON.stringify(job.before) === JSON.stringify(properties);
  if (same && sameProperties) return { outcome: 'unchanged', details: { run }, staged };
  const counts = {
    ...emptyCounts(),
    metrics: grown.points.length,
    points,
    pointsCollapsed: collapsedPoints(grown.metrics) - collapsedPoints(before.metrics),
    params: run.params.size,
    tags: run.tags.size,
    bytesWritten,
  };
  return { outcome: 'updated', details: { run, counts, notices: grown.notices }, staged };
}

/** What was added to the metrics; undefined when the run, here or there, is not otherwise as it was. */
async function readGrowth(
  { hash, ref }: RunJob,
  run: Run,
  before: GrowthState,
  { repository, store, options }: RunEnvironment,
  signal: AbortSignal,
): Promise<AddedPoints | undefined> {
  const { meta, seqs } = before.databases;
  if (databaseMark(repository.meta(hash)) !== meta || databaseMark(repository.seqs(hash)) !== seqs) return undefined;
  if ((await artifactsMark(store, ref, run, options.artifacts, signal)) !== before.artifacts) return undefined;
  const body = new NoticeList(signal);
  const marks = new Map([...before.metrics].map(([key, { mark }]) => [key, mark]));
  const added = await collectGrowth(store.grown?.(ref, marks, body), signal);
  // What there is to be told of a history is told by who reads it whole.
  return body.notices.length > 0 ? undefined : added;
}

/** Undefined when more would change than can be added. */
function becomes(
  { experiment }: RunJob,
  run: Run,
  before: GrowthState,
  added: AddedPoints,
  { options, orders }: RunEnvironment,
  header: readonly Notice[],
): GrownRun | undefined {
  const grown = growMetrics(before.metrics, added, options.mapping.repeatedSteps, orders);
  if (grown === undefined) return undefined;
  const lastTimestamp = latestTimestamp(before.lastTimestamp, added);
  const mapped = mapProperties(run, experiment, lastTimestamp, options.now, options.mapping);
  if (mapped.endTime !== null || mapped.properties.creationTime !== before.creationTime) return undefined;
  const notices = [...header, ...before.notices, ...metricNotices(grown.metrics)];
  return {
    ...grown,
    mapped,
    lastTimestamp,
    notices,
    losses: lossMessages(notices),
    messageTime: timeOf(lastTimestamp, mapped.properties),
  };
}

function growthAfter(
  before: GrowthState,
  { metrics, lastTimestamp }: GrownRun,
  messages: string,
  files: StagedFiles,
): string | undefined {
  const { lastTimestamp: _, databases, ...kept } = before;
  return encodeGrowth({
    ...kept,
    databases: {
      meta: databaseMark(files.meta) ?? databases.meta,
      seqs: databaseMark(files.seqs) ?? databases.seqs,
    },
    metrics,
    messages,
    ...(lastTimestamp !== undefined && { lastTimestamp }),
  });
}
