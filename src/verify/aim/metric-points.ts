import type { MetricBatch, SequenceId } from '../contents.js';
import type { Database } from '../rocksdb/database.js';
import type { DatabaseCursor } from '../rocksdb/database-cursor.js';
import { align } from './aligned-columns.js';
import { Column } from './column.js';
import type { RunReport } from './finding-report.js';
import { describeKey, encodeKey } from './keys.js';
import { METRIC_COLUMNS } from './layout.js';
import type { MetricCheck } from './metric-check.js';
import { type MalformedPoints, PointBatch } from './point-batch.js';
import { RecordType } from './records.js';
import type { StepHashes } from './step-hashes.js';

/** A metric of at most so many points is read column by column, in one go; a longer one from four places at once. */
const WHOLE_METRIC = 1 << 16;

/** What is used again for each metric: some megabytes. */
export class MetricBuffers {
  readonly columns = METRIC_COLUMNS.map(() => new Column(WHOLE_METRIC));
  readonly batch = new PointBatch(WHOLE_METRIC);

  constructor(readonly hashes: StepHashes) {}
}

/** A metric and where it lies. */
export interface StoredMetric {
  readonly id: SequenceId;
  /** See {@link metricKey}. */
  readonly base: Uint8Array;
  /** The run was written by Aim's own SDK. */
  readonly byAim: boolean;
}

/** Reads the points of one metric and checks their structure. */
export class MetricPoints implements MalformedPoints {
  private readonly prefixes: readonly Buffer[];

  /**
   * @param cursor the run's own: metrics that are read in order of storage need no seeking
   */
  constructor(
    private readonly database: Database,
    private readonly cursor: DatabaseCursor,
    private readonly metric: StoredMetric,
    private readonly buffers: MetricBuffers,
    private readonly report: RunReport,
  ) {
    this.prefixes = METRIC_COLUMNS.map((name) => Buffer.concat([metric.base, encodeKey(name)]));
  }

  *read(check: MetricCheck): Generator<MetricBatch> {
    const { columns, batch } = this.buffers;
    const cursors = this.fillWhole() ?? this.fillSeparately();
    for (;;) {
      const { length, rest } = align(columns, {
        onIncomplete: (has, column, at) => this.incomplete(has, column, at),
      });
      const points = batch.take(columns, length, this);
      check.add(points, columns);
      if (points.length > 0) yield points;
      if (columns.every((column, i) => column.ended && rest[i] === column.length)) break;
      for (const [i, column] of columns.entries()) {
        column.drop(rest[i]!);
        this.fill(i, cursors[i]!);
      }
    }
    check.finish();
    this.report.endSequence(this.metric.id);
  }

  get allowFloatSteps(): boolean {
    return this.metric.byAim;
  }

  /** How many points the first column has. */
  count(): number {
    const [column] = this.buffers.columns as [Column];
    const [prefix] = this.prefixes as [Buffer];
    const cursor = this.database.cursor();
    let count = 0;
    column.clear();
    cursor.seek(prefix);
    if (cursor.valid && cursor.compare(prefix) === 0) cursor.next();
    while (!column.ended) {
      column.fill(cursor, prefix, () => {});
      count += column.length;
      column.length = 0;
    }
    return count;
  }

  /** The point under a key, as a batch of one. */
  find(key: { readonly low: number; readonly high: number }): MetricBatch | undefined {
    const { columns, batch } = this.buffers;
    const element = Buffer.alloc(10, 0xfe);
    element.writeInt32BE(key.high, 1);
    element.writeInt32BE(key.low, 5);
    for (const [i, column] of columns.entries()) {
      const wanted = Buffer.concat([this.prefixes[i]!, element]);
      column.clear();
      this.cursor.seek(wanted);
      if (!this.cursor.valid || this.cursor.compare(wanted) !== 0) return undefined;
      column.takeOne(this.cursor, this.prefixes[i]!);
    }
    if (columns.some(({ length }) => length === 0)) return undefined;
    return batch.take(columns, 1, { allowFloatSteps: this.allowFloatSteps, onMalformed: () => {} });
  }

  /** Fills all columns from one cursor; undefined when the metric is too long for that. */
  private fillWhole(): readonly DatabaseCursor[] | undefined {
    const { cursor, metric } = this;
    const { columns } = this.buffers;
    for (const column of columns) column.clear();
    if (!cursor.valid || !cursor.startsWith(metric.base)) cursor.seek(metric.base);
    for (const [i, column] of columns.entries()) {
      this.begin(i, cursor);
      this.fill(i, cursor);
      if (!column.ended) return undefined;
    }
    return columns.map(() => cursor);
  }

  private fillSeparately(): readonly DatabaseCursor[] {
    return this.buffers.columns.map((column, i) => {
      const cursor = this.database.cursor();
      column.clear();
      cursor.seek(this.prefixes[i]!);
      this.begin(i, cursor, true);
      this.fill(i, cursor);
      return cursor;
    });
  }

  /** Goes to the first element of a column, of which a record of its own says that it is a list. */
  private begin(i: number, cursor: DatabaseCursor, again = false): void {
    const prefix = this.prefixes[i]!;
    while (cursor.valid && cursor.startsWith(this.metric.base) && cursor.compare(prefix) < 0) {
      this.unknown(cursor);
      cursor.next();
    }
    const isList = cursor.valid && cursor.compare(prefix) === 0 && cursor.value[cursor.valueStart] === RecordType.list;
    if (isList) cursor.next();
    else if (!again) this.report.add('record-missing', { record: METRIC_COLUMNS[i]! }, this.metric.id);
  }

  private fill(i: number, cursor: DatabaseCursor): void {
    const column = this.buffers.columns[i]!;
    if (column.ended) return;
    column.fill(cursor, this.prefixes[i]!, () => this.unknown(cursor));
    if (!column.ended || i < METRIC_COLUMNS.length - 1) return;
    for (; cursor.valid && cursor.startsWith(this.metric.base); cursor.next()) this.unknown(cursor);
  }

  private unknown({ key, keyLength }: DatabaseCursor): void {
    const record = describeKey(key.subarray(this.metric.base.length, keyLength));
    this.report.add('record-unknown', { record }, this.metric.id);
  }

  private incomplete(has: readonly boolean[], column: Column, at: number): void {
    const names = METRIC_COLUMNS.filter((_, i) => !has[i]);
    const step = has[1] === true ? this.buffers.columns[1] : undefined;
    const found = `no ${names.join(', no ')}`;
    if (step === undefined || step !== column) this.report.add('point-incomplete', { found }, this.metric.id);
    else this.report.add('point-incomplete', { step: step.integers[at]!, found }, this.metric.id);
  }

  onMalformed(step: bigint | undefined, record: string, found: string): void {
    const details = step === undefined ? { record, found } : { step, record, found };
    this.report.add('point-malformed', details, this.metric.id);
  }
}
