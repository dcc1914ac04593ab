import { databaseFingerprint } from '../../aim/run-files.js';
import { unreadParts } from '../../mapping/unread-parts.js';
import type { RewriteReason } from '../../outcome.js';
import { NoticeList } from '../task/notice-list.js';
import type { RunEnvironment } from '../task/run-environment.js';
import type { ReadRun } from '../task/run-result.js';
import { artifactsRevision } from './append-recorder.js';
import type { AppendState } from './append-state.js';
import { type ArtifactChanges, readArtifactChanges } from './artifact-changes.js';
import { collectNewPoints, type NewPoints } from './metric-changes.js';

/** What was added to a run in MLflow. */
export interface RunChanges {
  readonly points: NewPoints;
  /** Absent if they are unchanged. */
  readonly artifacts?: ArtifactChanges;
  /** What is known of the artifacts now, and the notices of artifacts and histories. */
  readonly known: Pick<AppendState, 'artifacts' | 'notices'>;
}

/** Reads what was added to metrics and artifacts, if appending that is enough. */
export async function readRunChanges(
  { task: { hash, ref }, run }: ReadRun,
  before: AppendState,
  { repository, store, options }: RunEnvironment,
  signal: AbortSignal,
): Promise<RunChanges | RewriteReason> {
  const { meta, seqs } = before.databases;
  const isUntouched =
    databaseFingerprint(repository.meta(hash)) === meta && databaseFingerprint(repository.seqs(hash)) === seqs;
  if (!isUntouched) return 'changed-in-aim';
  // before the files are listed: those that arrive meanwhile are found next time
  const revision = await artifactsRevision(store, ref, run, options.artifacts, signal);
  if (revision === undefined) return 'artifacts-unread';
  const { files } = before.artifacts;
  const isSame = revision === before.artifacts.revision;
  if (!isSame && files === undefined) return 'too-much';
  // the revision tells when a location can be reached again, but not when a single file can be read
  if (unreadParts(before.notices).some(({ item }) => item !== undefined)) return 'artifacts-unread';

  const body = new NoticeList(signal);
  const cursors = new Map([...before.metrics].map(([key, { cursor }]) => [key, cursor]));
  const changes = store.changesSince?.(ref, cursors, body);
  if (changes === undefined) return 'no-state';
  const points = await collectNewPoints(changes, run.startTime, signal);
  if (typeof points === 'string') return points;
  // only reading a whole history gives all its notices
  if (body.notices.length > 0) return 'history-unread';

  if (isSame || files === undefined) return { points, known: before };
  const known = { files, notices: before.notices };
  const artifacts = await readArtifactChanges(known, { store, ref, run, policy: options.artifacts }, signal);
  if (typeof artifacts === 'string') return artifacts;
  return { points, artifacts, known: { artifacts: { revision, files: artifacts.files }, notices: artifacts.notices } };
}
