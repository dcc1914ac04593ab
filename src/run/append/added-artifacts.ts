import { arrangePlaces, placeSequence } from '../../aim/objects-writer.js';
import type { ArtifactsAddition, GrownArtifact } from '../../aim/run-appender.js';
import { globMatcher } from '../../artifacts/glob.js';
import { linksTo } from '../../artifacts/links.js';
import { placeArtifacts } from '../../artifacts/place.js';
import { sizeLimit, Transfer } from '../../artifacts/transfer.js';
import { unreadPart, unreadParts } from '../../mapping/unread-parts.js';
import type { TrackingStore } from '../../mlflow/common/tracking-store.js';
import type { ArtifactFile, ArtifactPlace, Notice, Run, RunRef, StageContext } from '../../model.js';
import type { ArtifactPolicy } from '../../policies.js';
import { listFiles } from '../../stages/classify-artifacts.js';
import { NoticeList } from '../task/notice-list.js';
import type { KnownFile } from './append-state.js';

/** New bytes of a run that are held at once; more are for a conversion of the whole run, which streams. */
const MAX_NEW_BYTES = 16 * 1024 * 1024;

/** The artifacts of a run that has got others, or has others than before. */
export interface AddedArtifacts extends Pick<ArtifactsAddition, 'items' | 'links'> {
  /** As they were listed. */
  readonly files: readonly KnownFile[];
  /** What is to be told of histories and artifacts. */
  readonly notices: readonly Notice[];
}

/** What was listed when the run was last written, and told then. */
interface ArtifactsBefore {
  readonly files: readonly KnownFile[];
  readonly notices: readonly Notice[];
}

/**
 * Reads those artifacts that are not in Aim as they are now, which costs what was added and not what is there. Undefined
 * where adding is not enough: an artifact is gone from Aim's view, has another place, or pushes others off theirs.
 */
export async function readAddedArtifacts(
  before: ArtifactsBefore,
  store: Pick<TrackingStore, 'artifacts' | 'openArtifact'>,
  ref: RunRef,
  run: Run,
  policy: ArtifactPolicy,
  signal: AbortSignal,
): Promise<AddedArtifacts | undefined> {
  const told = new NoticeList(signal);
  const files = await listFiles(store.artifacts(ref, run, told), policy, signal);
  // What cannot be listed may be there all the same.
  if (told.notices.length > 0 || before.notices.some((notice) => unreadPart(notice) !== undefined)) return undefined;
  // Nothing at all, where there was something, counts as not read.
  if (files.length === 0 && before.files.length > 0) return undefined;
  const isTerminalLog = policy.terminalLog === undefined ? undefined : globMatcher(policy.terminalLog);
  const { places, unplaced } = placeArtifacts(files, isTerminalLog);
  const plan = planItems(arrangePlaces(places), placesBefore(before, isTerminalLog));
  if (plan === undefined || listedBytes(plan, policy) > MAX_NEW_BYTES) return undefined;

  const transfer = new Transfer((file) => store.openArtifact(ref, run, file, signal), policy, told);
  for (const file of unplaced) transfer.leave(file);
  const items = await readItems(plan, transfer, told);
  // One that could not be read may be there later, which only a conversion of the whole run sees to.
  if (items === undefined || unreadParts(told.notices).length > 0) return undefined;
  const kept = new Set(items.flatMap((item) => (item.type === 'kept' ? [item.place.file.path] : [])));
  const stillTold = before.notices.filter((notice) => !isOfFile(notice) || kept.has(notice.path));
  return { files, items, links: linksTo(transfer.notTransferred), notices: [...stillTold, ...told.notices] };
}

function isOfFile(notice: Notice): notice is Extract<Notice, { path: string }> {
  return 'path' in notice;
}

/** Where a file is in Aim, and as what it was listed. */
interface Known {
  readonly spot: string;
  readonly identity: string;
}

interface Before {
  /** By path, those that were transferred. */
  readonly transferred: ReadonlyMap<string, Known>;
  /** What the terminal log was made of. */
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

/** The record that a file is, or is one of a list of. */
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
  /** `kept` is in Aim as it is now, `replaced` as it was before, `new` not at all. */
  readonly state: 'kept' | 'replaced' | 'new';
}

/** Undefined unless all that is in Aim can stay in its place. */
function planItems(places: readonly ArtifactPlace[], before: Before): PlannedItem[] | undefined {
  if (logOf(places) !== before.log) return undefined;
  const items = withoutLog(places).map((place): PlannedItem => {
    const was = before.transferred.get(place.file.path);
    if (was === undefined) return { place, state: 'new' };
    return { place, state: was.identity === identityOf(place.file) ? 'kept' : 'replaced' };
  });
  const there = items.filter(({ state }) => state !== 'new');
  if (there.length < before.transferred.size) return undefined;
  if (there.some(({ place }) => before.transferred.get(place.file.path)?.spot !== spotOf(place))) return undefined;
  // In a list, only what comes last can be added.
  for (const [i, { place, state }] of items.entries()) {
    const next = items[i + 1];
    if (state === 'new' && next !== undefined && next.state !== 'new' && spotOf(next.place) === spotOf(place)) {
      return undefined;
    }
  }
  return items;
}

/** The bytes that are to be read, as far as the listing tells. */
function listedBytes(plan: readonly PlannedItem[], policy: ArtifactPolicy): number {
  let sum = 0;
  for (const { place, state } of plan) {
    const { size = 0 } = place.file;
    if (state !== 'kept' && size <= sizeLimit(place.role, policy)) sum += size;
  }
  return sum;
}

/** The items with the bytes of those that are to be written; those that stay in MLflow are left out. */
async function readItems(
  plan: readonly PlannedItem[],
  transfer: Transfer,
  { signal }: Pick<StageContext, 'signal'>,
): Promise<GrownArtifact[] | undefined> {
  const items: GrownArtifact[] = [];
  let bytes = 0;
  for (const { place, state } of plan) {
    signal.throwIfAborted();
    if (state === 'kept') {
      items.push({ type: 'kept', place });
      continue;
    }
    const record = await transfer.read(place);
    if (record !== undefined) items.push(record);
    else if (state === 'replaced') return undefined;
    bytes += record?.bytes.length ?? 0;
    if (bytes > MAX_NEW_BYTES) return undefined;
  }
  return items;
}
