import type { RunRef } from '../../model.js';
import type { MetricStats, RunRows } from './database.js';

/**
 * What is known of a run when it is listed. Travels in the run's locator to the thread that reads the run, so that asking for
 * the revision costs nothing, and so that the points are read up to the state that the revision stands for.
 */
export interface ListedRun {
  /** A digest of the header and of the state of the metrics. */
  readonly revision: string;
  readonly metrics: MetricStats;
  /** The models that name the run as their source; absent if there are too many to carry along. */
  readonly made?: readonly string[];
  /** The number of metrics with a latest value; absent if that is not known. */
  readonly latest?: number;
  /** RUNNING or SCHEDULED: files may still be added. */
  readonly active: boolean;
  /** Models tell the datasets of some of its points. */
  readonly isMeasured?: boolean;
  /** Something of the run could not be read when it was listed: look up everything but the revision again. */
  readonly isPartial?: boolean;
}

const MAX_CARRIED_MODELS = 50;

export function encodeLocator(run: ListedRun): string {
  const { revision, metrics, made, latest, active, isMeasured = false, isPartial = false } = run;
  const { points, from = null, to = null } = metrics;
  const carried = made === undefined || made.length > MAX_CARRIED_MODELS ? null : made;
  return JSON.stringify([
    revision,
    active ? 1 : 0,
    carried,
    points,
    from,
    to,
    latest ?? null,
    isPartial ? 1 : 0,
    isMeasured ? 1 : 0,
  ]);
}

type Fields = [
  revision: string,
  active: number,
  made: string[] | null,
  points: number,
  from: number | null,
  to: number | null,
  latest: number | null,
  isPartial: number,
  isMeasured: number,
];

/** Undefined for a reference that this source has not made. */
export function decodeLocator({ locator }: RunRef): ListedRun | undefined {
  if (!locator.startsWith('[')) return undefined;
  const [revision, active, made, points, from, to, latest, isPartial, isMeasured] = JSON.parse(locator) as Fields;
  return {
    revision,
    active: active === 1,
    ...(made !== null && { made }),
    ...(latest !== null && { latest }),
    ...(isPartial === 1 && { isPartial: true }),
    ...(isMeasured === 1 && { isMeasured: true }),
    metrics: { points, ...(from !== null && to !== null && { from, to }) },
  };
}

export function rowsOf(ref: RunRef, { metrics }: ListedRun): RunRows {
  return { runId: ref.runId, ...metrics };
}
