import type { PointBatch, PointDataset, RunRef } from '../../model.js';
import { splitByDataset } from './dataset-points.js';

/** A point that was logged for a model and a dataset, as the model's metrics have it. */
export interface MeasuredPoint {
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** In digits. */
  readonly step: string;
  /** As MLflow keeps it: 0 for NaN, ±1.8e308 for the infinities. Its last digits may be lost. */
  readonly value: number;
  readonly dataset: PointDataset;
}

const CLOSE = 1e-9;

/**
 * What the points of a run were measured on, where its own metrics do not tell, and those of models do: `log_metric(…, dataset=…,
 * model_id=…)` writes one point into each, with one time, step and value.
 */
export class MeasuredPoints {
  readonly #found = new Map<string, MeasuredPoint[]>();

  constructor(points: Iterable<MeasuredPoint>) {
    for (const point of points) {
      const place = placeOf(point.key, point.timestamp, point.step);
      const found = this.#found.get(place);
      if (found === undefined) this.#found.set(place, [point]);
      else found.push(point);
    }
  }

  get isEmpty(): boolean {
    return this.#found.size === 0;
  }

  /** The points of a batch of this metric as one batch for each dataset. One that two models have on two datasets comes twice. */
  split(key: string, batch: PointBatch): Iterable<PointBatch> {
    if (this.isEmpty) return [batch];
    return splitByDataset(batch, (at) => this.#datasetsOf(key, batch, at));
  }

  #datasetsOf(
    key: string,
    { timestamps, steps, values }: PointBatch,
    at: number,
  ): readonly (PointDataset | undefined)[] {
    const found = this.#found.get(placeOf(key, timestamps[at]!, String(steps[at])));
    const datasets = new Map<string, PointDataset>();
    for (const { value, dataset } of found ?? []) {
      if (isClose(value, storedValue(values[at]!))) datasets.set(`${dataset.digest} ${dataset.name}`, dataset);
    }
    return datasets.size === 0 ? [undefined] : [...datasets.values()];
  }
}

/** The runs whose points are kept: the metrics of a run are asked for one after the other, and some runs at a time. */
const RUNS_KEPT = 16;

/** The {@link MeasuredPoints} of runs, each read once for all metrics of the run. */
export class MeasuredOfRuns {
  readonly #runs = new Map<string, Promise<MeasuredPoints>>();

  constructor(private readonly read: (ref: RunRef, signal: AbortSignal) => Promise<MeasuredPoints>) {}

  of(ref: RunRef, signal: AbortSignal): Promise<MeasuredPoints> {
    const id = `${ref.runId} ${ref.locator}`;
    const found = this.#runs.get(id);
    if (found !== undefined) return found;
    const points = this.read(ref, signal);
    points.catch(() => this.#runs.delete(id)); // thrown where it is awaited
    this.#runs.set(id, points);
    for (const oldest of [...this.#runs.keys()].slice(0, -RUNS_KEPT)) this.#runs.delete(oldest);
    return points;
  }
}

function placeOf(key: string, timestamp: number, step: string): string {
  return `${timestamp} ${step} ${key}`;
}

function isClose(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) <= CLOSE * Math.max(Math.abs(a), Math.abs(b));
}

/** How MLflow stores a value: NaN as 0, ±infinity as ±1.8e308. */
export function storedValue(value: number): number {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 0 : Math.sign(value) * Number.MAX_VALUE;
}
