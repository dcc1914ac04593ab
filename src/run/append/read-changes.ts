import { databaseFingerprint } from '../../aim/run-files.js';
import { unreadParts } from '../../mapping/unread-parts.js';
import type { Run } from '../../model.js';
import { NoticeList } from '../task/notice-list.js';
import type { RunEnvironment } from '../task/run-environment.js';
import type { RunTask } from '../task/run-task.js';
import { type AddedArtifacts, readAddedArtifacts } from './added-artifacts.js';
import { type AddedPoints, collectChanges } from './added-points.js';
import { artifactsMark } from './append-recorder.js';
import type { AppendState } from './append-state.js';

/** What was added to a run in MLflow. */
export interface AddedToRun {
  readonly points: AddedPoints;
  /** Absent while they are as they were. */
  readonly artifacts?: AddedArtifacts;
  /** What is known of the artifacts now, and what is to be told of them and of histories. */
  readonly known: Pick<AppendState, 'artifacts' | 'notices'>;
}

/** What was added to metrics and artifacts; undefined when the run, here or there, is not otherwise as it was. */
export async function readGrowth(
  { hash, ref }: RunTask,
  run: Run,
  before: AppendState,
  { repository, store, options }: RunEnvironment,
  signal: AbortSignal,
): Promise<AddedToRun | undefined> {
  const { meta, seqs } = before.databases;
  if (databaseFingerprint(repository.meta(hash)) !== meta || databaseFingerprint(repository.seqs(hash)) !== seqs)
    return undefined;
  // Before the files are listed: what comes meanwhile is found the next time.
  const mark = await artifactsMark(store, ref, run, options.artifacts, signal);
  const { files } = before.artifacts;
  const isSame = mark === before.artifacts.mark;
  if (mark === undefined || (!isSame && files === undefined)) return undefined;
  // The mark tells when a location can be reached again, but not when a file can be read.
  if (unreadParts(before.notices).some(({ item }) => item !== undefined)) return undefined;

  const body = new NoticeList(signal);
  const marks = new Map([...before.metrics].map(([key, metric]) => [key, metric.mark]));
  const points = await collectChanges(store.changesSince?.(ref, marks, body), run.startTime, signal);
  // What there is to be told of a history is told by who reads it whole.
  if (points === undefined || body.notices.length > 0) return undefined;

  if (isSame || files === undefined) return { points, known: before };
  const known = { files, notices: before.notices };
  const artifacts = await readAddedArtifacts(known, store, ref, run, options.artifacts, signal);
  if (artifacts === undefined) return undefined;
  return { points, artifacts, known: { artifacts: { mark, files: artifacts.files }, notices: artifacts.notices } };
}
