import { MetricColumns } from './metric-columns.js';

/** Collects the points of some metrics of one run, by metric. */
export class MetricTable {
  readonly #metrics = new Map<string, MetricColumns>();
  #points = 0;

  /** The columns of a metric, created if needed. */
  of(key: string): MetricColumns {
    const found = this.#metrics.get(key);
    if (found !== undefined) return found;
    const columns = new MetricColumns();
    this.#metrics.set(key, columns);
    return columns;
  }

  /** Takes over the metrics of another table. This one must have none of them. */
  take(other: MetricTable): void {
    for (const [key, columns] of other.#metrics) this.#metrics.set(key, columns);
  }

  get(key: string): MetricColumns | undefined {
    return this.#metrics.get(key);
  }

  get keys(): string[] {
    return [...this.#metrics.keys()];
  }

  /** The number of points, after {@link finish}. */
  get points(): number {
    return this.#points;
  }

  /** Sorts all metrics into arrival order. */
  finish(): void {
    for (const columns of this.#metrics.values()) {
      columns.sort();
      this.#points += columns.length;
    }
  }
}
