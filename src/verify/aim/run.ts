import { ConvertError } from '../../errors.js';
import type {
  DictValue,
  MetricBatch,
  ObjectPoint,
  Report,
  RunContents,
  SequenceContents,
  SequenceId,
  SequenceSummary,
  Value,
} from '../contents.js';
import { Database } from '../rocksdb/database.js';
import type { DatabaseCursor } from '../rocksdb/database-cursor.js';
import { RunReport } from './finding-report.js';
import type { IndexReader } from './index-reader.js';
import { kindOf, METRIC_VERSION, metricKey, objectsKey, versionOf } from './layout.js';
import { checkRunMeta, requireRecords } from './meta-check.js';
import { MetricCheck } from './metric-check.js';
import { MetricBuffers, MetricPoints } from './metric-points.js';
import { ObjectCheck } from './object-check.js';
import { ObjectPoints } from './object-points.js';
import { type RunMeta, readRunMeta, type Trace } from './run-meta.js';
import { StepHashes } from './step-hashes.js';
import { checkStrayRecords } from './stray-records.js';

/** Where a run lies. */
export interface RunPlace {
  readonly hash: string;
  readonly meta: string;
  readonly seqs: string;
}

const NO_CONTEXT: DictValue = { type: 'dict', entries: new Map() };

/** Reads runs one after the other; what is costly to make is used again. */
export class RunReader {
  private readonly buffers = new MetricBuffers(new StepHashes());

  constructor(private readonly report: Report) {}

  /**
   * Opens a run, and checks its first database. What is wrong goes to `report`, also later, while its sequences are read.
   * Throws a {@link ConvertError} when a database cannot be opened or read; of one that is damaged that is `damaged-file`.
   */
  open(place: RunPlace): OpenRun {
    return new OpenRun(place, this.buffers, this.report);
  }
}

/** A run, and what else can be checked of it. */
export class OpenRun implements RunContents {
  readonly hash: string;
  readonly attributes: DictValue;
  readonly endTime: Value | undefined;
  readonly artifacts: ReadonlyMap<string, Value>;
  readonly otherProperties: ReadonlyMap<string, Value>;
  readonly sequences: readonly SequenceContents[];
  private readonly meta: Database;
  private readonly seqs: Database | undefined;
  private readonly cursor: DatabaseCursor | undefined;
  private readonly report: RunReport;
  private readonly byAim: boolean;
  private readonly bases: Uint8Array[] = [];

  constructor(
    private readonly place: RunPlace,
    private readonly buffers: MetricBuffers,
    report: Report,
  ) {
    const { hash } = place;
    this.hash = hash;
    // points are published before what tells of them: so this order finds all that it is told of
    this.meta = Database.open(place.meta, `meta/chunks/${hash}`);
    try {
      this.report = new RunReport(hash, report, () => this.isChanging());
      this.seqs = this.openSeqs(place.seqs);
      // mlflow2aim never leaves what RocksDB does
      this.byAim = this.meta.wasOpenedByRocksDb || this.seqs?.wasOpenedByRocksDb === true;
      this.cursor = this.seqs?.cursor();
      const meta = readRunMeta(this.meta, hash, this.byAim, this.report);
      checkRunMeta(meta, this.byAim, this.report);
      this.attributes = meta.attributes;
      this.endTime = meta.properties.get('end_time');
      const artifacts = meta.properties.get('artifacts');
      this.artifacts = artifacts?.type === 'dict' ? byName(artifacts) : new Map();
      this.otherProperties = new Map(
        [...meta.properties].filter(([name]) => name !== 'end_time' && name !== 'artifacts'),
      );
      this.sequences = meta.traces.map((trace) => this.sequence(trace, meta));
    } catch (error) {
      this.close();
      throw error;
    }
    this.reportLeftovers();
  }

  finish(): void {
    if (this.seqs !== undefined) checkStrayRecords(this.seqs, this.hash, this.bases, this.report);
  }

  compareWith(index: IndexReader): void {
    const { hash, meta: database, byAim, report } = this;
    index.compare({ hash, directory: this.place.meta, database, byAim, report });
  }

  close(): void {
    this.meta.close();
    this.seqs?.close();
  }

  private isChanging(): boolean {
    return !this.meta.isUnchanged() || this.seqs?.isUnchanged() === false;
  }

  private openSeqs(directory: string): Database | undefined {
    try {
      return Database.open(directory, `seqs/chunks/${this.hash}`);
    } catch (error) {
      if (!(error instanceof ConvertError) || error.code !== 'not-found') throw error;
      this.report.add('database-missing', { file: `seqs/chunks/${this.hash}` });
      return undefined;
    }
  }

  private reportLeftovers(): void {
    for (const [where, database] of [
      ['meta', this.meta],
      ['seqs', this.seqs],
    ] as const) {
      for (const name of database?.leftovers ?? []) {
        this.report.add('file-leftover', { severity: 'note', file: `${where}/chunks/${this.hash}/${name}` });
      }
    }
  }

  private checkVersion(id: SequenceId, { dtype, version }: SequenceSummary): void {
    if (dtype === undefined || version === undefined || version === versionOf(dtype)) return;
    const details = { record: 'version', expected: String(versionOf(dtype)), found: String(version) };
    this.report.add('summary-differs', details, id);
  }

  private sequence({ contextId, name, values }: Trace, meta: RunMeta): SequenceContents {
    const context = meta.contexts.get(contextId) ?? NO_CONTEXT;
    const id = { name, context };
    const summary = summaryOf(values, this.byAim);
    const isMetric = summary.version === METRIC_VERSION && kindOf(summary.dtype ?? '') === 'metric';
    const base = isMetric ? metricKey(this.hash, contextId, name) : objectsKey(this.hash, contextId, name);
    this.bases.push(base);
    requireRecords(id, values, this.report, ['dtype', 'version', 'first_step', ...(isMetric ? ['first'] : [])]);
    this.checkVersion(id, summary);
    const { byAim, report, seqs, cursor, buffers } = this;
    const toCheck = { id, summary, byAim };
    if (isMetric) {
      const points = () =>
        seqs === undefined ? undefined : new MetricPoints(seqs, cursor!, { id, base, byAim }, buffers, report);
      return {
        ...id,
        kind: 'metric',
        summary,
        count: () => points()?.count() ?? 0,
        points: (): IterableIterator<MetricBatch> =>
          points()?.read(new MetricCheck(toCheck, buffers.hashes, report)) ?? nothing(),
        point: (step) => points()?.find(hashOfStep(step, buffers.hashes)),
      };
    }
    const kind = kindOf(summary.dtype ?? '');
    const points = () => (seqs === undefined ? undefined : new ObjectPoints(seqs, { id, base }, report));
    return {
      ...id,
      kind: kind === 'metric' ? 'sequence' : kind,
      summary,
      count: () => points()?.count() ?? 0,
      points: (): IterableIterator<ObjectPoint> => points()?.read(new ObjectCheck(toCheck, report)) ?? nothing(),
    };
  }
}

function nothing(): IterableIterator<never> {
  return [][Symbol.iterator]() as IterableIterator<never>;
}

function hashOfStep(step: bigint, hashes: StepHashes): { low: number; high: number } {
  hashes.hash(Number(BigInt.asIntN(32, step)), Number(BigInt.asIntN(32, step >> 32n)));
  return { low: hashes.low, high: hashes.high };
}

function byName({ entries }: DictValue): Map<string, Value> {
  return new Map([...entries].map(([name, value]) => [String(name), value]));
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
