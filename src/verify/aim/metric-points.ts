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

/** A metric of at most so many points is read column by column, in one go; a longer one from four places at once. */
const WHOLE_METRIC = 1 << 16;

/** Where the points of one metric are gathered: some megabytes, which are used again for the next. */
export class MetricBuffers {
  readonly columns = METRIC_COLUMNS.map(() => new Column(WHOLE_METRIC));
  readonly batch = new PointBatch(WHOLE_METRIC);
}

/** Buffers for as many metrics as are being read at once. */
export class BufferPool {
  private readonly free: MetricBuffers[] = [];

  take(): MetricBuffers {
    return this.free.pop() ?? new MetricBuffers();
  }

  giveBack(buffers: MetricBuffers): void {
    this.free.push(buffers);
  }
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
    private readonly pool: BufferPool,
    private readonly report: RunReport,
  ) {
    this.prefixes = METRIC_COLUMNS.map((name) => Buffer.concat([metric.base, encodeKey(name)]));
  }

  *read(check: MetricCheck): Generator<MetricBatch> {
    const buffers = this.pool.take();
    try {
      yield* this.batches(buffers, check);
    } finally {
      this.pool.giveBack(buffers);
    }
    check.finish();
    this.report.endSequence(this.metric.id);
  }

  private *batches({ columns, batch }: MetricBuffers, check: MetricCheck): Generator<MetricBatch> {
    const cursors = this.fillFrom(columns);
    for (;;) {
      const { length, rest } = align(columns, {
        onIncomplete: (has, at) => this.incomplete(has, has[1] === true ? columns[1]!.integers[at[1]!] : undefined),
      });
      const points = batch.take(columns, length, this);
      check.add(points, columns);
      if (points.length > 0) yield points;
      if (columns.every((column, i) => column.ended && rest[i] === column.length)) break;
      for (const [i, column] of columns.entries()) {
        column.drop(rest[i]!);
        this.fill(i, column, cursors[i]!);
      }
    }
  }

  get allowFloatSteps(): boolean {
    return this.metric.byAim;
  }

  /** How many points the first column has. */
  count(): number {
    const [prefix] = this.prefixes as [Buffer];
    const cursor = this.database.cursor();
    cursor.seek(prefix);
    if (cursor.valid && cursor.compare(prefix) === 0) cursor.next();
    let count = 0;
    for (; cursor.valid && cursor.startsWith(prefix, Math.min(cursor.shared, prefix.length)); cursor.next()) count++;
    return count;
  }

  /** The point under a key, as a batch of one. */
  find(key: { readonly low: number; readonly high: number }): MetricBatch | undefined {
    const columns = METRIC_COLUMNS.map(() => new Column(1));
    const element = Buffer.alloc(10, 0xfe);
    element.writeInt32BE(key.high, 1);
    element.writeInt32BE(key.low, 5);
    for (const [i, column] of columns.entries()) {
      const wanted = Buffer.concat([this.prefixes[i]!, element]);
      this.cursor.seek(wanted);
      if (!this.cursor.valid || this.cursor.compare(wanted) !== 0) return undefined;
      column.fill(this.cursor, this.prefixes[i]!, () => {});
    }
    return new PointBatch(1).take(columns, 1, this);
  }

  /**
   * Begins to fill the columns: from the run's cursor one after the other, which needs no seeking where metrics are read in
   * order; a metric that is too long for that from a cursor for each.
   */
  private fillFrom(columns: readonly Column[]): readonly DatabaseCursor[] {
    const { cursor, metric, prefixes } = this;
    for (const column of columns) column.clear();
    const isAtStart = cursor.valid && cursor.startsWith(metric.base) && cursor.compare(prefixes[0]!) <= 0;
    if (!isAtStart) cursor.seek(metric.base);
    for (; cursor.valid && cursor.startsWith(metric.base) && cursor.compare(prefixes[0]!) < 0; cursor.next()) {
      this.unknown(cursor);
    }
    for (const [i, column] of columns.entries()) {
      this.begin(i, cursor);
      this.fill(i, column, cursor);
      if (!column.ended) return columns.map((one, at) => this.restart(at, one, i));
    }
    return columns.map(() => cursor);
  }

  /** Begins a column anew with a cursor of its own; those up to `seen` have been begun before, and checked. */
  private restart(i: number, column: Column, seen: number): DatabaseCursor {
    const cursor = this.database.cursor();
    column.clear();
    cursor.seek(this.prefixes[i]!);
    this.begin(i, cursor, i <= seen);
    this.fill(i, column, cursor);
    return cursor;
  }

  /** Goes to the first element of a column, of which a record of its own says that it is a list. */
  private begin(i: number, cursor: DatabaseCursor, isSeen = false): void {
    const isMarker = cursor.valid && cursor.compare(this.prefixes[i]!) === 0;
    const isList = isMarker && cursor.value[cursor.valueStart] === RecordType.list;
    if (isMarker) cursor.next();
    if (!isList && !isSeen) this.report.add('record-missing', { record: METRIC_COLUMNS[i]! }, this.metric.id);
  }

  /** Fills a column; at its end reports what lies between it and the next, or behind the last. */
  private fill(i: number, column: Column, cursor: DatabaseCursor): void {
    if (column.ended) return;
    column.fill(cursor, this.prefixes[i]!, () => this.unknown(cursor));
    if (!column.ended) return;
    const next = this.prefixes[i + 1];
    while (cursor.valid && cursor.startsWith(this.metric.base)) {
      if (next !== undefined && cursor.compare(next) >= 0) return;
      this.unknown(cursor);
      cursor.next();
    }
  }

  private unknown({ key, keyLength }: DatabaseCursor): void {
    const record = describeKey(key.subarray(this.metric.base.length, keyLength));
    this.report.add('record-unknown', { record }, this.metric.id);
  }

  private incomplete(has: readonly boolean[], step: bigint | undefined): void {
    const missing = METRIC_COLUMNS.filter((_, i) => !has[i]);
    const found = `no ${missing.join(', no ')}`;
    this.report.add('point-incomplete', step === undefined ? { found } : { step, found }, this.metric.id);
  }

  onMalformed(step: bigint | undefined, record: string, found: string): void {
    const details = step === undefined ? { record, found } : { step, record, found };
    this.report.add('point-malformed', details, this.metric.id);
  }
}
