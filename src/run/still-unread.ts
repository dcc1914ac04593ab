import { unreadParts } from '../mapping/unread-parts.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { Run, RunPart, RunRef, UnreadPart } from '../model.js';
import type { SoughtPart } from '../outcome.js';
import { NoticeList } from './task/notice-list.js';

/** A run whose header was read, and what that revealed. */
export interface ReadHeader {
  readonly ref: RunRef;
  readonly run: Run;
  readonly header: NoticeList;
}

/**
 * Whether none of these parts of a run can be read yet; true for none. Reads no more than is needed to tell, so that a run
 * that stays incomplete costs little. If nothing was found before (`empty`), finding nothing again is no change.
 */
export async function isStillUnread(
  parts: readonly SoughtPart[],
  { ref, run, header }: ReadHeader,
  store: TrackingStore,
): Promise<boolean> {
  const artifacts = parts.filter(({ part }) => part === 'artifacts');
  if (artifacts.length > 0 && !(await areArtifactsUnread(artifacts, ref, run, store, header.signal))) return false;
  const told = unreadParts(header.notices);
  for (const unread of parts) {
    if (unread.part === 'artifacts') continue;
    const still =
      unread.part === 'metrics'
        ? await isMetricUnread(unread, ref, store, header.signal)
        : includes(told, unread) || (unread.empty === true && isAbsent(unread.part, run, header));
    if (!still) return false;
  }
  return true;
}

async function areArtifactsUnread(
  parts: readonly SoughtPart[],
  ref: RunRef,
  run: Run,
  store: TrackingStore,
  signal: AbortSignal,
): Promise<boolean> {
  const told = new NoticeList(signal);
  const wanted = new Set(parts.map(({ item }) => item));
  const whole = wanted.has(undefined);
  const failed = new Set<string>();
  for await (const file of store.artifacts(ref, run, told)) {
    if (whole) return false;
    if (!wanted.has(file.path)) continue;
    if (await begins(store.openArtifact(ref, run, file, signal), signal)) return false;
    failed.add(file.path);
  }
  const unread = unreadParts(told.notices);
  if (unread.some(({ item }) => item === undefined)) return true;
  if (whole) return parts.some(({ empty }) => empty === true);
  return parts.every((part) => failed.has(part.item ?? '') || includes(unread, part));
}

/** Whether the first bytes of a file can be read; reading all of it reveals any other error. */
async function begins(chunks: AsyncIterable<unknown>, signal: AbortSignal): Promise<boolean> {
  try {
    for await (const _ of chunks) break;
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

async function isMetricUnread(
  unread: SoughtPart,
  ref: RunRef,
  store: TrackingStore,
  signal: AbortSignal,
): Promise<boolean> {
  const told = new NoticeList(signal);
  const keys = await store.metricKeys(ref, told);
  const { item, empty } = unread;
  if (empty === true && keys.length === 0) return true;
  if (item === undefined) return includes(unreadParts(told.notices), unread);
  if (keys.includes(item)) for await (const _ of store.history(ref, item, told)) signal.throwIfAborted();
  return includes(unreadParts(told.notices), unread);
}

function includes(told: readonly UnreadPart[], { part, item }: UnreadPart): boolean {
  return told.some((unread) => unread.part === part && unread.item === item);
}

/** Models may be found even if the directory that named others is missing. */
function isAbsent(part: Exclude<RunPart, 'artifacts' | 'metrics'>, run: Run, { absentParts }: NoticeList): boolean {
  return sizeOf(run, part) === 0 || absentParts.some((absent) => absent.part === part);
}

function sizeOf(run: Run, part: Exclude<RunPart, 'artifacts' | 'metrics'>): number {
  switch (part) {
    case 'params':
      return run.params.size;
    case 'tags':
      return run.tags.size;
    case 'datasets':
      return run.datasets.length;
    case 'models':
      return run.models.length;
  }
}
