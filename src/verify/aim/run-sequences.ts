import { ConvertError } from '../../errors.js';
import type { MetricBatch, ObjectPoint, SequenceContents, SequenceId, SequenceSummary, Value } from '../contents.js';
import type { Database } from '../rocksdb/database.js';
import type { DatabaseCursor } from '../rocksdb/database-cursor.js';
import type { RunReport } from './finding-report.js';
import { kindOf, METRIC_VERSION, metricKey, objectsKey, versionOf } from './layout.js';
import { requireRecords } from './meta-check.js';
import { MetricCheck } from './metric-check.js';
import { type BufferPool, MetricPoints } from './metric-points.js';
import { ObjectCheck } from './object-check.js';
import { ObjectPoints } from './object-points.js';
import type { Trace } from './run-meta.js';
import type { StepHashes } from './step-hashes.js';

/** What the runs that a thread reads have in common. */
export interface ReadingAids {
  readonly pool: BufferPool;
  readonly hashes: StepHashes;
}

/** A run whose second database is open; undefined where that is missing. */
export interface RunOfSequences {
  readonly hash: string;
  readonly byAim: boolean;
  readonly database: Database | undefined;
  readonly report: RunReport;
}

/** A sequence of the run as its summary describes it. */
interface Described {
  readonly id: SequenceId;
  readonly summary: SequenceSummary;
  /** Below this key its points lie. */
  readonly base: Uint8Array;
}

/** Makes the sequences of a run, which read their points when they are asked for them. */
export class RunSequences {
  /** The keys below which the sequences lie that were made. */
  readonly bases: Uint8Array[] = [];
  private readonly cursor: DatabaseCursor | undefined;

  constructor(
    private readonly run: RunOfSequences,
    private readonly aids: ReadingAids,
  ) {
    this.cursor = run.database?.cursor();
  }

  make({ contextId, name, values }: Trace, context: SequenceId['context']): SequenceContents {
    const { hash, byAim, report } = this.run;
    const id = { name, context };
    const summary = summaryOf(values, byAim);
    const isMetric = summary.version === METRIC_VERSION && kindOf(summary.dtype ?? '') === 'metric';
    const base = isMetric ? metricKey(hash, contextId, name) : objectsKey(hash, contextId, name);
    this.bases.push(base);
    requireRecords(id, values, report, ['dtype', 'version', 'first_step', ...(isMetric ? ['first'] : [])]);
    this.checkVersion(id, summary);
    return isMetric ? this.metric({ id, summary, base }) : this.objects({ id, summary, base });
  }

  private metric({ id, summary, base }: Described): SequenceContents {
    const { cursor } = this;
    const { byAim, database } = this.run;
    const { pool, hashes } = this.aids;
    const reports = this.reports();
    const reading = this.reading();
    const points = (report: RunReport) =>
      database === undefined ? undefined : new MetricPoints(database, cursor!, { id, base, byAim }, pool, report);
    return {
      ...id,
      kind: 'metric',
      summary,
      get isReadable() {
        return reading.isReadable;
      },
      count: () => reading.count(() => points(this.run.report.silent)?.count()),
      points: (): IterableIterator<MetricBatch> => {
        const report = reports();
        return reading.points(points(report)?.read(new MetricCheck({ id, summary, byAim }, hashes, report)));
      },
      point: (step) => points(this.run.report.silent)?.find(hashOfStep(step, hashes)),
    };
  }

  private objects({ id, summary, base }: Described): SequenceContents {
    const { byAim, database } = this.run;
    const kind = kindOf(summary.dtype ?? '');
    const reports = this.reports();
    const reading = this.reading();
    const points = (report: RunReport) =>
      database === undefined ? undefined : new ObjectPoints(database, { id, base }, report);
    return {
      ...id,
      kind: kind === 'metric' ? 'sequence' : kind,
      summary,
      get isReadable() {
        return reading.isReadable;
      },
      count: () => reading.count(() => points(this.run.report.silent)?.count()),
      points: (): IterableIterator<ObjectPoint> => {
        const report = reports();
        return reading.points(points(report)?.read(new ObjectCheck({ id, summary, byAim }, report)));
      },
    };
  }

  /** The report for the first reading of a sequence; for the others one that says nothing. */
  private reports(): () => RunReport {
    let isFirst = true;
    return () => {
      const report = isFirst ? this.run.report : this.run.report.silent;
      isFirst = false;
      return report;
    };
  }

  private reading(): Reading {
    const { database, report, hash } = this.run;
    return new Reading(database !== undefined, (error) => report.damage(error, `seqs/chunks/${hash}`));
  }

  private checkVersion(id: SequenceId, { dtype, version }: SequenceSummary): void {
    if (dtype === undefined || version === undefined || version === versionOf(dtype)) return;
    const details = { record: 'version', expected: String(versionOf(dtype)), found: String(version) };
    this.run.report.add('summary-differs', details, id);
  }
}

/** Reads a sequence as far as it can be read: damage ends it, and is told. */
class Reading {
  constructor(
    public isReadable: boolean,
    private readonly onDamage: (error: ConvertError) => void,
  ) {}

  *points<T>(points: Iterable<T> | undefined): Generator<T> {
    try {
      if (points !== undefined) yield* points;
    } catch (error) {
      this.fail(error);
    }
  }

  count(count: () => number | undefined): number {
    try {
      return count() ?? 0;
    } catch (error) {
      this.fail(error);
      return 0;
    }
  }

  private fail(error: unknown): void {
    if (!isDamage(error)) throw error;
    this.isReadable = false;
    this.onDamage(error);
  }
}

/** Whether an error is about what a database holds, rather than about reading it. */
export function isDamage(error: unknown): error is ConvertError {
  return error instanceof ConvertError && (error.code === 'damaged-file' || error.code === 'unsupported-version');
}

function hashOfStep(step: bigint, hashes: StepHashes): { low: number; high: number } {
  hashes.hash(Number(BigInt.asIntN(32, step)), Number(BigInt.asIntN(32, step >> 32n)));
  return { low: hashes.low, high: hashes.high };
}

function summaryOf(values: ReadonlyMap<string, Value>, byAim: boolean): SequenceSummary {
  const int = (name: string) => {
    const value = values.get(name);
    // Aim's SDK takes a float for a step and keeps it as one
    if (byAim && value?.type === 'float' && Number.isSafeInteger(value.value)) return BigInt(value.value);
    return value?.type === 'int' ? value.value : undefined;
  };
  const dtype = values.get('dtype');
  return {
    ...optional('dtype', dtype?.type === 'string' ? dtype.value : undefined),
    ...optional('version', int('version')),
    ...optional('firstStep', int('first_step')),
    ...optional('lastStep', int('last_step')),
    ...optional('recordMaxLength', int('record_max_length')),
    ...optional('first', values.get('first')),
    ...optional('last', values.get('last')),
    ...optional('min', values.get('min')),
    ...optional('max', values.get('max')),
  };
}

function optional<Name extends string, T>(name: Name, value: T | undefined): { readonly [N in Name]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [N in Name]: T });
}
