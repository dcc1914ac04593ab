import { arrangePlaces, placeSequence } from '../../aim/objects-writer.js';
import type { AppendedArtifact, ArtifactsAppend } from '../../aim/run-appender.js';
import { globMatcher } from '../../artifacts/glob.js';
import { linksTo } from '../../artifacts/links.js';
import { placeArtifacts } from '../../artifacts/place.js';
import { sizeLimit, Transfer } from '../../artifacts/transfer.js';
import { unreadPart, unreadParts } from '../../mapping/unread-parts.js';
import type { TrackingStore } from '../../mlflow/common/tracking-store.js';
import type { ArtifactFile, ArtifactPlace, Notice, Run, RunRef, StageContext } from '../../model.js';
import type { RewriteReason } from '../../outcome.js';
import type { ArtifactPolicy } from '../../policies.js';
import { listFiles } from '../../stages/classify-artifacts.js';
import { NoticeList } from '../task/notice-list.js';
import type { KnownFile } from './append-state.js';

/** New bytes of a run that are held in memory; with more, the run is converted whole, which streams. */
const MAX_NEW_BYTES = 16 * 1024 * 1024;

/** The artifacts of a run of which some were added or replaced. */
export interface ArtifactChanges extends Pick<ArtifactsAppend, 'items' | 'links'> {
  /** As they were listed. */
  readonly files: readonly KnownFile[];
  /** All notices of histories and artifacts, old and new. */
  readonly notices: readonly Notice[];
}

/** What was listed when the run was last written, and the notices then. */
interface ArtifactsBefore {
  readonly files: readonly KnownFile[];
  readonly notices: readonly Notice[];
}

/** The run whose artifacts are read, and which of them. */
interface ArtifactReading {
  readonly store: Pick<TrackingStore, 'artifacts' | 'openArtifact'>;
  readonly ref: RunRef;
  readonly run: Run;
  readonly policy: ArtifactPolicy;
}

/**
 * Reads the artifacts that are not in Aim in their current version; costs what was added, not what exists. A rewrite is
 * needed if one that Aim has must be removed or moved.
 */
export async function readArtifactChanges(
  before: ArtifactsBefore,
  { store, ref, run, policy }: ArtifactReading,
  signal: AbortSignal,
): Promise<ArtifactChanges | RewriteReason> {
  const told = new NoticeList(signal);
  const files = await listFiles(store.artifacts(ref, run, told), policy, signal);
  // what cannot be listed may still exist
  if (told.notices.length > 0 || before.notices.some((notice) => unreadPart(notice) !== undefined)) {
    return 'artifacts-unread';
  }
  // an empty listing where there were files counts as unread
  if (files.length === 0 && before.files.length > 0) return 'artifacts-unread';
  const isTerminalLog = policy.terminalLog === undefined ? undefined : globMatcher(policy.terminalLog);
  const { places, unplaced } = placeArtifacts(files, isTerminalLog);
  const plan = planItems(arrangePlaces(places), placesBefore(before, isTerminalLog));
  if (typeof plan === 'string') return plan;
  if (listedBytes(plan, policy) > MAX_NEW_BYTES) return 'too-much';

  const transfer = new Transfer((file) => store.openArtifact(ref, run, file, signal), policy, told);
  for (const file of unplaced) transfer.leave(file);
  const items = await readItems(plan, transfer, told);
  if (typeof items === 'string') return items;
  // a rewrite tries again the next time
  if (unreadParts(told.notices).length > 0) return 'artifacts-unread';
  const kept = new Set(items.flatMap((item) => (item.type === 'kept' ? [item.place.file.path] : [])));
  const stillTold = before.notices.filter((notice) => !isOfFile(notice) || kept.has(notice.path));
  return { files, items, links: linksTo(transfer.notTransferred), notices: [...stillTold, ...told.notices] };
}

function isOfFile(notice: Notice): notice is Extract<Notice, { path: string }> {
  return 'path' in notice;
}

/** Where a file is in Aim, and how it was listed. */
interface Known {
  readonly spot: string;
  readonly identity: string;
}

interface Before {
  /** The transferred files, by path. */
  readonly transferred: ReadonlyMap<string, Known>;
  /** The identity of the file that is the terminal log. */
  readonly log: string | undefined;
}

function placesBefore({ files, notices }: ArtifactsBefore, isTerminalLog?: (path: string) => boolean): Before {
  const skipped = new Set(notices.flatMap((notice) => (notice.kind === 'artifact-skipped' ? [notice.path] : [])));
  const { places } = placeArtifacts(
    files.map((file): ArtifactFile => ({ ...file, uri: '' })),
    isTerminalLog,
  );
  const there = arrangePlaces(places).filter(({ file }) => !skipped.has(file.path));
  return { transferred: new Map(withoutLog(there).map((place) => [place.file.path, known(place)])), log: logOf(there) };
}

function known(place: ArtifactPlace): Known {
  return { spot: spotOf(place), identity: identityOf(place.file) };
}

/** The record of a file; files of a list share one. */
function spotOf(place: ArtifactPlace): string {
  return JSON.stringify([placeSequence(place).key, String(place.step), place.grouped]);
}

function identityOf({ path, size, version }: KnownFile): string {
  return JSON.stringify([path, size, version]);
}

function withoutLog(places: readonly ArtifactPlace[]): ArtifactPlace[] {
  return places.filter(({ role }) => role !== 'log');
}

function logOf(places: readonly ArtifactPlace[]): string | undefined {
  const log = places.find(({ role }) => role === 'log');
  return log && identityOf(log.file);
}

interface PlannedItem {
  readonly place: ArtifactPlace;
  /** Aim has it as it is now (`kept`), as it was before (`replaced`), or not at all (`new`). */
  readonly state: 'kept' | 'replaced' | 'new';
}

/** What to do with each artifact, if all that are in Aim can stay in their places. */
function planItems(places: readonly ArtifactPlace[], before: Before): PlannedItem[] | RewriteReason {
  if (logOf(places) !== before.log) return 'terminal-log-changed';
  const items = withoutLog(places).map((place): PlannedItem => {
    const was = before.transferred.get(place.file.path);
    if (was === undefined) return { place, state: 'new' };
    return { place, state: was.identity === identityOf(place.file) ? 'kept' : 'replaced' };
  });
  const there = items.filter(({ state }) => state !== 'new');
  if (there.length < before.transferred.size) return 'artifacts-moved';
  if (there.some(({ place }) => before.transferred.get(place.file.path)?.spot !== spotOf(place)))
    return 'artifacts-moved';
  // a list can only be appended to
  for (const [i, { place, state }] of items.entries()) {
    const next = items[i + 1];
    if (state === 'new' && next !== undefined && next.state !== 'new' && spotOf(next.place) === spotOf(place)) {
      return 'artifacts-moved';
    }
  }
  return items;
}

/** The bytes to read, as far as the listing tells. */
function listedBytes(plan: readonly PlannedItem[], policy: ArtifactPolicy): number {
  let sum = 0;
  for (const { place, state } of plan) {
    const { size = 0 } = place.file;
    if (state !== 'kept' && size <= sizeLimit(place.role, policy)) sum += size;
  }
  return sum;
}

/** The items, with the bytes of those to be written; without those that stay in MLflow. */
async function readItems(
  plan: readonly PlannedItem[],
  transfer: Transfer,
  { signal }: Pick<StageContext, 'signal'>,
): Promise<AppendedArtifact[] | RewriteReason> {
  const items: AppendedArtifact[] = [];
  let bytes = 0;
  for (const { place, state } of plan) {
    signal.throwIfAborted();
    if (state === 'kept') {
      items.push({ type: 'kept', place });
      continue;
    }
    const record = await transfer.read(place);
    if (record !== undefined) items.push(record);
    else if (state === 'replaced') return 'artifacts-moved';
    bytes += record?.bytes.length ?? 0;
    if (bytes > MAX_NEW_BYTES) return 'too-much';
  }
  return items;
}
