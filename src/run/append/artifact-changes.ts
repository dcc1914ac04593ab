import { arrangePlaces, placeSequence } from '../../aim/objects-writer.js';
import type { AppendedArtifact, ArtifactsAppend } from '../../aim/run-appender.js';
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
import { Contents, placesOf } from './contents.js';

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
  const { places, unplaced } = placeArtifacts(files, policy);
  const plan = planItems(arrangePlaces(places), placesBefore(before, policy));
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
  const contents = new Contents();
  for (const { place } of items) contents.add(place);
  return {
    files: contents.of(files),
    items,
    links: linksTo(transfer.notTransferred),
    notices: [...stillTold, ...told.notices],
  };
}

function isOfFile(notice: Notice): notice is Extract<Notice, { path: string }> {
  return 'path' in notice;
}

interface Before {
  /** The transferred files, by path. */
  readonly transferred: ReadonlyMap<string, KnownFile>;
  /** Where they are, the terminal log excepted. */
  readonly spots: ReadonlyMap<string, string>;
  /** The identity of the file that is the terminal log. */
  readonly log: string | undefined;
}

function placesBefore({ files, notices }: ArtifactsBefore, policy: ArtifactPolicy): Before {
  const skipped = new Set(notices.flatMap((notice) => (notice.kind === 'artifact-skipped' ? [notice.path] : [])));
  const transferred = new Map(files.flatMap((file) => (skipped.has(file.path) ? [] : [[file.path, file]])));
  const { places } = placeArtifacts(
    files.map((file): ArtifactFile => ({ ...file, uri: '' })),
    policy,
  );
  const there = arrangePlaces(places).flatMap((place) => {
    const file = transferred.get(place.file.path);
    return file === undefined ? [] : placesOf(place, file);
  });
  return {
    transferred,
    spots: new Map(withoutLog(there).map((place) => [nameOf(place), spotOf(place)])),
    log: logOf(there),
  };
}

/** Tells the places of all files from each other. */
function nameOf({ role, step, file }: ArtifactPlace): string {
  return JSON.stringify([role, file.path, role === 'figure' ? String(step) : '']);
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
  /** Of one that is replaced: the places that Aim has of it. */
  readonly there: number;
}

/** What to do with each artifact, if all that are in Aim can stay in their places. */
function planItems(places: readonly ArtifactPlace[], before: Before): PlannedItem[] | RewriteReason {
  if (logOf(places) !== before.log) return 'terminal-log-changed';
  const items: PlannedItem[] = [];
  let there = 0;
  for (const place of withoutLog(places)) {
    const was = before.transferred.get(place.file.path);
    if (was === undefined) {
      items.push({ place, state: 'new', there: 0 });
      continue;
    }
    const known = placesOf(place, was);
    if (known.some((one) => before.spots.get(nameOf(one)) !== spotOf(one))) return 'artifacts-moved';
    there += known.length;
    if (identityOf(was) !== identityOf(place.file)) items.push({ place, state: 'replaced', there: known.length });
    else for (const one of known) items.push({ place: one, state: 'kept', there: 1 });
  }
  if (there < before.spots.size) return 'artifacts-moved';
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
    if (state !== 'kept' && !place.tentative && size <= sizeLimit(place.role, policy)) sum += size;
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
  for (const { place, state, there } of plan) {
    signal.throwIfAborted();
    if (state === 'kept') {
      items.push({ type: 'kept', place });
      continue;
    }
    const records = await transfer.read(place);
    if (state === 'replaced' && records.length !== there) return 'artifacts-moved';
    items.push(...records);
    for (const record of records) bytes += record.bytes.length;
    if (bytes > MAX_NEW_BYTES) return 'too-much';
  }
  return items;
}
