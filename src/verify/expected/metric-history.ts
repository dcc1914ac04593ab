import { ConvertError } from '../../errors.js';
import type { TrackingStore } from '../../mlflow/common/tracking-store.js';
import type { PointBatch, RunRef, StageContext } from '../../model.js';
import type { RepeatedSteps } from '../../policies.js';
import { type MetricName, type NamedMetric, onDataset, repetitionOf } from './metric-name.js';
import { datasetId, type Series, Survey } from './metric-survey.js';
import { PointCollector, type PointColumns, pick } from './point-columns.js';
import { PointTable, sortedOrder, withoutCollapsed } from './point-table.js';
import { exactSteps, placeOf, placesOf } from './step-places.js';

/** Points of one metric that are held at a time. A longer history is read in several passes, each of some of its steps. */
const POINTS_AT_ONCE = 2 ** 21;
/** A longer metric cannot be split into repetitions (docs/mapping.md). */
const MOST_TO_SPLIT = 262_144;

/** Before March 1973, as milliseconds. */
const OLDEST_MILLISECONDS = 1e11;
const DAY = 86_400_000;

/** A sequence that Aim has to have, as far as its points belong to one pass. */
export interface ExpectedMetric extends MetricName {
  readonly table: PointTable;
}

export interface HistorySource {
  readonly store: Pick<TrackingStore, 'history'>;
  readonly ref: RunRef;
  /** Of the run, milliseconds: it tells which times are in seconds. */
  readonly startTime: number | undefined;
  readonly policy: RepeatedSteps;
  /** Points held at a time; {@link POINTS_AT_ONCE} but for tests. */
  readonly pointsAtOnce?: number;
}

/** The history of one metric, and what Aim has to have of it (docs/mapping.md, "Metrics"). */
export class MetricHistory {
  /** How often the history is read; each pass has the points of some steps. */
  readonly passes: number;
  readonly points: number;

  private constructor(
    readonly metric: NamedMetric,
    private readonly source: HistorySource,
    private readonly context: StageContext,
    private readonly series: readonly Series[],
    /** The time of the latest point, milliseconds; undefined without points. */
    readonly lastTime: number | undefined,
  ) {
    const { policy, pointsAtOnce = POINTS_AT_ONCE } = source;
    this.points = series.reduce((sum, { points }) => sum + points, 0);
    this.passes = this.points > pointsAtOnce ? Math.ceil((2 * this.points) / pointsAtOnce) : 1;
    if (policy === 'split' && this.points > MOST_TO_SPLIT) throw tooLong(metric.key);
  }

  /** Reads a history for the first time. Times in seconds become milliseconds. */
  static async read(metric: NamedMetric, source: HistorySource, context: StageContext): Promise<MetricHistory> {
    const survey = new Survey(source.policy, source.pointsAtOnce ?? POINTS_AT_ONCE);
    for await (const batch of batches(metric.key, source, context)) survey.add(batch);
    return new MetricHistory(metric, source, context, survey.series(), survey.lastTime);
  }

  /** How many points got other steps. */
  get pointsRenumbered(): number {
    return this.series.reduce((sum, { points, isRenumbered }) => sum + (isRenumbered ? points : 0), 0);
  }

  /** Whether a point at this step belongs to a pass. */
  isOfPass(pass: number, step: bigint): boolean {
    if (this.passes === 1) return true;
    const passes = BigInt(this.passes);
    return ((placeOf(step) % passes) + passes) % passes === BigInt(pass);
  }

  /** The sequences that Aim has to have, of the points of one pass: one for each dataset, or with `split` for each repetition. */
  async sequences(pass: number): Promise<ExpectedMetric[]> {
    const all = this.series.flatMap(({ dataset }) => dataset ?? []);
    const found: ExpectedMetric[] = [];
    for (const one of this.series) {
      const columns = one.columns ?? (await this.columnsOf(one, pass));
      const name = onDataset(this.metric.name, one.dataset, all);
      if (this.source.policy === 'split') found.push(...split(name, columns));
      else {
        const numbered = one.isToNumber && one.columns !== undefined ? renumbered(columns) : columns;
        found.push({ ...name, table: new PointTable(numbered) });
      }
    }
    return found;
  }

  private async columnsOf({ dataset, isToNumber }: Series, pass: number): Promise<PointColumns> {
    const { pointsAtOnce = POINTS_AT_ONCE } = this.source;
    let gathered = new PointCollector();
    let index = 0;
    // what is wrong with the history has been told when it was read first
    const again = { ...this.context, notice: () => {} };
    for await (const batch of batches(this.metric.key, this.source, again)) {
      if (datasetId(batch.dataset) !== datasetId(dataset)) continue;
      const steps = isToNumber ? countUp(index, batch.steps.length) : batch.steps;
      index += batch.steps.length;
      gathered.add(this.ofPass(pass, { ...batch, steps }));
      if (gathered.length <= pointsAtOnce) continue;
      const standing = withoutCollapsed(gathered.columns());
      gathered = new PointCollector();
      gathered.addColumns(standing);
    }
    return gathered.columns();
  }

  private ofPass(pass: number, { steps, values, timestamps }: PointBatch): PointBatch {
    const kept: number[] = [];
    for (const [i, step] of steps.entries()) if (this.isOfPass(pass, step)) kept.push(i);
    return {
      steps: BigInt64Array.from(kept, (i) => steps[i]!),
      values: Float64Array.from(kept, (i) => values[i]!),
      timestamps: Float64Array.from(kept, (i) => timestamps[i]!),
    };
  }
}

async function* batches(
  key: string,
  { store, ref, startTime }: HistorySource,
  context: StageContext,
): AsyncGenerator<PointBatch> {
  for await (const batch of store.history(ref, key, context)) {
    context.signal.throwIfAborted();
    toMilliseconds(batch.timestamps, startTime);
    yield batch;
  }
}

/** A time is one in seconds where, as milliseconds, it is older than MLflow, and as seconds no earlier than a day before its run. */
function toMilliseconds(times: Float64Array, startTime: number | undefined): void {
  if (startTime === undefined || startTime < OLDEST_MILLISECONDS) return;
  for (let i = 0; i < times.length; i++) {
    const milliseconds = times[i]! * 1000;
    if (times[i]! < OLDEST_MILLISECONDS && milliseconds >= startTime - DAY) times[i] = milliseconds;
  }
}

/** The time of a point in Aim, of its timestamp and the start of its run: milliseconds both. */
export function secondsOf(timestamp: number, startTime: number | undefined): number {
  const times = Float64Array.of(timestamp);
  toMilliseconds(times, startTime);
  return times[0]! / 1000;
}

function renumbered(columns: PointColumns): PointColumns {
  return { ...columns, steps: countUp(0, columns.steps.length) };
}

function countUp(from: number, length: number): BigInt64Array {
  const steps = new BigInt64Array(length);
  const words = new Int32Array(steps.buffer);
  for (let i = 0; i < length; i++) {
    words[i * 2] = from + i;
    words[i * 2 + 1] = Math.floor((from + i) / 2 ** 32);
  }
  return steps;
}

/** The k-th repetition of each step, k = 0, 1, 2 … */
function split(name: MetricName, columns: PointColumns): ExpectedMetric[] {
  const places = exactSteps(columns.steps) ?? placesOf(columns.steps);
  const order = sortedOrder(places);
  const layers: number[][] = [];
  let repeat = 0;
  for (let i = 0; i < order.length; i++) {
    repeat = i > 0 && places[order[i]!] === places[order[i - 1]!] ? repeat + 1 : 0;
    layers[repeat] ??= [];
    layers[repeat]!.push(order[i]!);
  }
  return layers.map((layer, k) => ({
    ...repetitionOf(name, k),
    table: new PointTable(pick(columns, Uint32Array.from(layer))),
  }));
}

function tooLong(key: string): ConvertError {
  return new ConvertError(
    'skip-run',
    'too-large',
    `The metric ${key} has more than ${MOST_TO_SPLIT} points, too many for --repeated-steps split.`,
  );
}
