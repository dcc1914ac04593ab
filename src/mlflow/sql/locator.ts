import type { RunRef } from '../../model.js';
import type { MetricStats, RunRows } from './database.js';

/**
 * What is known of a run when it is listed, and travels with its reference to the thread that reads it: so that asking
 * whether it has changed costs nothing, and its points are read up to the state that the mark stands for.
 */
export interface ListedRun {
  /** A digest of the header and of the state of the metrics. */
  readonly revision: string;
  readonly metrics: MetricStats;
  /** The models that name the run as their source; absent when there are too many to carry along. */
  readonly made?: readonly string[];
  /** How many metrics have a latest value; absent when that is not known. */
  readonly latest?: number;
  /** RUNNING or SCHEDULED: its files may still change. */
  readonly live: boolean;
  /** Something of the run could not be read when it was listed: all but its revision is to be looked up again. */
  readonly isPartial?: boolean;
}

const MOST_MODELS = 50;

export function encodeLocator({ revision, metrics, made, latest, live, isPartial = false }: ListedRun): string {
  const { points, from = null, to = null } = metrics;
  const carried = made === undefined || made.length > MOST_MODELS ? null : made;
  return JSON.stringify([revision, live ? 1 : 0, carried, points, from, to, latest ?? null, isPartial ? 1 : 0]);
}

type Fields = [
  revision: string,
  live: number,
  made: string[] | null,
  points: number,
  from: number | null,
  to: number | null,
  latest: number | null,
  isPartial: number,
];

/** Undefined for a reference that this source has not made. */
export function decodeLocator({ locator }: RunRef): ListedRun | undefined {
  if (!locator.startsWith('[')) return undefined;
  const [revision, live, made, points, from, to, latest, isPartial] = JSON.parse(locator) as Fields;
  return {
    revision,
    live: live === 1,
    ...(made !== null && { made }),
    ...(latest !== null && { latest }),
    ...(isPartial === 1 && { isPartial: true }),
    metrics: { points, ...(from !== null && to !== null && { from, to }) },
  };
}

export function rowsOf(ref: RunRef, { metrics }: ListedRun): RunRows {
  return { runId: ref.runId, ...metrics };
}
