import type { RunRef } from '../../model.js';
import type { MetricMark, RunRows } from './database.js';

/**
 * What is known of a run when it is listed, and travels with its reference to the thread that reads it: so that asking
 * whether it has changed costs nothing, and its points are read up to the state that the mark stands for.
 */
export interface RunMark {
  /** A digest of the header and of the state of the metrics. */
  readonly revision: string;
  readonly metrics: MetricMark;
  /** The models that name the run as their source; absent when there are too many to carry along. */
  readonly made?: readonly string[];
  /** RUNNING or SCHEDULED: its files may still change. */
  readonly live: boolean;
}

const MOST_MODELS = 50;

export function locatorOf({ revision, metrics, made = [], live }: RunMark): string {
  const { points, from, to } = metrics;
  return JSON.stringify([revision, live ? 1 : 0, made.length > MOST_MODELS ? null : made, points, from, to]);
}

/** Undefined for a reference that this source has not made. */
export function markOf({ locator }: RunRef): RunMark | undefined {
  if (!locator.startsWith('[')) return undefined;
  const [revision, live, made, points, from, to] = JSON.parse(locator) as [
    string,
    number,
    string[] | null,
    number,
    number | null | undefined,
    number | null | undefined,
  ];
  const range = from === null || from === undefined || to === null || to === undefined ? {} : { from, to };
  return { revision, live: live === 1, ...(made !== null && { made }), metrics: { points, ...range } };
}

export function rowsOf(ref: RunRef, { metrics }: RunMark): RunRows {
  return { runId: ref.runId, ...metrics };
}
