import { artifactKind, extensionOf } from '../artifacts/kind.js';
import type { ArtifactSkipReason, Notice } from '../model.js';

/** Names given as examples for each kind of loss. */
const NAMES = 3;
/** Kinds of losses counted apart: extensions can be step numbers. */
const KINDS = 200;
const LONGEST_EXTENSION = 12;
/** What a point, and anything else that is lost, weigh where losses are put in order. */
const POINT_BYTES = 100;
const ITEM_BYTES = 100;

/** Something that Aim cannot hold, or that could not be read, over all runs to be converted. */
export interface Loss {
  readonly kind: Notice['kind'];
  /** Why, of artifacts that stay in MLflow. */
  readonly reason?: ArtifactSkipReason;
  /** Their extension in lower case without its dot, empty for none or for any after the first two hundred. */
  readonly extension?: string;
  /** Runs that it happens to. */
  readonly runs: number;
  /** Metrics, files, lines or fields. */
  readonly items: number;
  /** Points that give way, or get new steps. */
  readonly points?: number;
  /** Of files whose size is known. */
  readonly bytes?: number;
  /** The first names: of metrics, files, fields. */
  readonly names: readonly string[];
  /** Derived from a sample; otherwise counted. */
  readonly isEstimate: boolean;
}

interface Sum {
  readonly first: Notice;
  readonly names: Set<string>;
  runs: number;
  items: number;
  points: number;
  bytes: number;
  isEstimate: boolean;
}

/** Adds up what is lost. Its size does not depend on the number of runs. */
export class Losses {
  readonly #sums = new Map<string, Sum>();

  /** Adds the losses of a run, which stands for so many; 1 for itself alone. */
  add(notices: readonly Notice[], factor = 1): void {
    const told = new Set<Sum>();
    for (const notice of notices) {
      const sum = this.#sumOf(notice);
      if (!told.has(sum)) sum.runs += factor;
      told.add(sum);
      sum.items += factor;
      sum.points += factor * ('points' in notice ? notice.points : 0);
      sum.bytes += factor * (notice.kind === 'artifact-skipped' ? (notice.size ?? 0) : 0);
      const name = nameOf(notice);
      if (name !== undefined && sum.names.size < NAMES) sum.names.add(name);
      if (factor !== 1) sum.isEstimate = true;
    }
  }

  /** What loses most first, by bytes and points; then the commonest. */
  all(): Loss[] {
    const losses = [...this.#sums.values()].map(lossOf);
    return losses.sort((a, b) => amountOf(b) - amountOf(a) || b.items - a.items || (a.names < b.names ? -1 : 1));
  }

  #sumOf(notice: Notice): Sum {
    const wanted = keyOf(notice);
    const key = this.#sums.has(wanted) || this.#sums.size < KINDS ? wanted : keyOf(notice, '');
    const known = this.#sums.get(key);
    if (known !== undefined) return known;
    const sum = { first: notice, names: new Set<string>(), runs: 0, items: 0, points: 0, bytes: 0, isEstimate: false };
    this.#sums.set(key, sum);
    return sum;
  }
}

/** Bytes, about: a point and a small file weigh as much as what MLflow and Aim write for one. */
function amountOf({ items, points = 0, bytes = 0 }: Loss): number {
  return bytes + POINT_BYTES * points + ITEM_BYTES * items;
}

/** Whether the header and the listing of a run tell this; anything else shows only when all of it is read. */
export function isSeenByLooking(notice: Notice): boolean {
  switch (notice.kind) {
    case 'field-unreadable':
    case 'artifacts-unreachable':
      return true;
    case 'artifact-skipped':
      if (notice.reason === 'too-large') return notice.size !== undefined;
      if (notice.reason === 'no-kind') return artifactKind(notice.path) === undefined;
      return notice.reason !== 'not-an-image' && notice.reason !== 'unreadable';
    default:
      return false;
  }
}

function lossOf({ first, names, runs, items, points, bytes, isEstimate }: Sum): Loss {
  const artifact = first.kind === 'artifact-skipped' ? { reason: first.reason, extension: extension(first.path) } : {};
  return {
    kind: first.kind,
    ...artifact,
    runs: Math.round(runs),
    items: Math.round(items),
    ...(points > 0 && { points: Math.round(points) }),
    ...(bytes > 0 && { bytes: Math.round(bytes) }),
    names: [...names],
    isEstimate,
  };
}

function keyOf(notice: Notice, ending?: string): string {
  if (notice.kind !== 'artifact-skipped') return notice.kind;
  return `${notice.kind} ${notice.reason} ${ending ?? extension(notice.path)}`;
}

function extension(path: string): string {
  const found = extensionOf(path);
  return found.length > LONGEST_EXTENSION || /\s/.test(found) ? '' : found;
}

/** Undefined for what is about the run as a whole. */
function nameOf(notice: Notice): string | undefined {
  switch (notice.kind) {
    case 'line-skipped':
    case 'points-collapsed':
    case 'history-missing':
    case 'metric-renumbered':
    case 'context-clash':
      return notice.metric;
    case 'artifact-skipped':
    case 'text-replaced':
      return notice.path;
    case 'artifacts-unreachable':
      return notice.uri;
    case 'field-unreadable':
      return notice.field;
    case 'part-kept':
      return notice.part;
    case 'stale':
      return undefined;
  }
}
