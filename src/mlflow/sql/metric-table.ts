import { MetricColumns } from './metric-columns.js';

/** The points of some metrics of one run, grouped by metric as they come. */
export class MetricTable {
  readonly #metrics = new Map<string, MetricColumns>();
  #points = 0;

  /** The columns of a metric, made when they are not there. */
  of(key: string): MetricColumns {
    const found = this.#metrics.get(key);
    if (found !== undefined) return found;
    const columns = new MetricColumns();
    this.#metrics.set(key, columns);
    return columns;
  }

  /** Takes over the metrics of another table, none of which is in this one. */
  take(other: MetricTable): void {
    for (const [key, columns] of other.#metrics) this.#metrics.set(key, columns);
  }

  get(key: string): MetricColumns | undefined {
    return this.#metrics.get(key);
  }

  get keys(): string[] {
    return [...this.#metrics.keys()];
  }

  /** All points, once the table is {@link finish}ed. */
  get points(): number {
    return this.#points;
  }

  /** Brings all metrics into arrival order. */
  finish(): void {
    for (const columns of this.#metrics.values()) {
      columns.sort();
      this.#points += columns.length;
    }
  }
}
