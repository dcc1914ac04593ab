import { arrangePlaces } from './aim/objects-writer.js';
import { freeFileNumber, isSameAsPublished, removeStaged, stagedFiles } from './aim/run-files.js';
import { type RunEnd, RunWriter } from './aim/run-writer.js';
import { mapAttributes } from './mapping/attributes.js';
import { lossMessages } from './mapping/messages.js';
import { mapProperties } from './mapping/properties.js';
import type { Run } from './model.js';
import { NoticeList } from './notice-list.js';
import type { BuiltRun, RunEnvironment, RunJob, StagedRun } from './run-job.js';
import { classifyArtifacts } from './stages/classify-artifacts.js';
import { fetchHistories } from './stages/fetch-histories.js';
import { writeBatches } from './stages/write-batches.js';
import { failpoint } from './sync/failpoints.js';
import { GrowthRecorder, isGrowing, messagesDigest, timeOf } from './sync/growth-recorder.js';
import { unreadParts } from './unread-parts.js';

/**
 * Fetch metric histories → classify artifacts → batch write, and what follows from what was written. Notices of histories
 * and artifacts go to `body`.
 */
export async function buildRun(
  job: RunJob,
  run: Run,
  marks: { readonly revision: string; readonly inputs: string },
  { repository, store, options, orders, progress }: RunEnvironment,
  header: NoticeList,
  body: NoticeList,
): Promise<BuiltRun> {
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

  const histories = fetchHistories(store, ref, body, recorder?.marked, run.startTime);
  const artifacts = classifyArtifacts(store, ref, run, options.artifacts, arrangePlaces, body, recorder?.listed);
  const bytesWritten = await writeBatches(writer, histories, artifacts, startTime, end, progress, body);

  failpoint('run-built');
  const same = isSameAsPublished(repository, hash, files);
  const { properties, staleFrom, stale, endTime } = mapped();
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
  const unread = unreadParts(notices());
  const staged: StagedRun = {
    hash,
    runId: run.id,
    ...marks,
    experimentId: ref.experimentId,
    active: endTime === null,
    listed: job.listed,
    reviewAt: staleFrom,
    properties,
    ...(unread.length > 0 && { unread }),
    ...(!same && { files }),
    ...(growth !== undefined && { growth }),
  };
  const sameProperties = job.before === undefined || JSON.stringify(job.before) === JSON.stringify(properties);
  if (same && job.listed && sameProperties) return { outcome: 'unchanged', details: { run, unread }, staged };
  const counts = { ...writer.counts(), params: run.params.size, tags: run.tags.size, bytesWritten };
  return { outcome: job.listed ? 'updated' : 'new', details: { run, counts, notices: notices(), unread }, staged };
}
