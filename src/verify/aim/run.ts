import { ConvertError } from '../../errors.js';
import type { DictValue, Report, RunContents, SequenceContents, Value } from '../contents.js';
import { Database } from '../rocksdb/database.js';
import { RunReport } from './finding-report.js';
import type { IndexReader } from './index-reader.js';
import { checkRunMeta } from './meta-check.js';
import { BufferPool } from './metric-points.js';
import { readRunMeta } from './run-meta.js';
import { isDamage, type ReadingAids, RunSequences } from './run-sequences.js';
import { StepHashes } from './step-hashes.js';
import { checkStrayRecords } from './stray-records.js';

/** Where a run lies. */
export interface RunPlace {
  readonly hash: string;
  readonly meta: string;
  readonly seqs: string;
}

const NO_CONTEXT: DictValue = { type: 'dict', entries: new Map() };

/** Reads runs, any number at once; what is costly to make is used again. */
export class RunReader {
  private readonly aids: ReadingAids = { pool: new BufferPool(), hashes: new StepHashes() };

  constructor(private readonly report: Report) {}

  /**
   * Opens a run, and checks its first database. What is wrong goes to `report`, also later, while its sequences are read.
   * Throws a {@link ConvertError} when it cannot be opened or its attributes cannot be read; of a database that is damaged
   * that is `damaged-file`. Damage that is met later is reported, and ends the sequence.
   */
  open(place: RunPlace): OpenRun {
    return new OpenRun(place, this.aids, this.report);
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
  private readonly report: RunReport;
  private readonly byAim: boolean;
  private readonly bases: readonly Uint8Array[];

  constructor(
    private readonly place: RunPlace,
    aids: ReadingAids,
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
      const meta = readRunMeta(this.meta, hash, this.byAim, this.report);
      checkRunMeta(meta, this.byAim, this.report);
      const properties = new Map(meta.properties);
      const artifacts = properties.get('artifacts');
      this.attributes = meta.attributes;
      this.endTime = properties.get('end_time');
      this.artifacts = artifacts?.type === 'dict' ? byName(artifacts) : new Map();
      for (const name of ['end_time', 'artifacts']) properties.delete(name);
      this.otherProperties = properties;
      const run = { hash, byAim: this.byAim, database: this.seqs, report: this.report };
      const sequences = new RunSequences(run, aids);
      this.sequences = meta.traces.map((trace) =>
        sequences.make(trace, meta.contexts.get(trace.contextId) ?? NO_CONTEXT),
      );
      this.bases = sequences.bases;
    } catch (error) {
      this.close();
      throw error;
    }
    this.reportLeftovers();
  }

  finish(): void {
    const { seqs, hash, bases, report } = this;
    if (seqs !== undefined) this.guard(`seqs/chunks/${hash}`, () => checkStrayRecords(seqs, hash, bases, report));
  }

  /** Compares what Aim's index says of the run with the run. */
  compareWith(index: IndexReader): void {
    const { hash, meta: database, byAim, report } = this;
    this.guard('meta/index', () => index.compare({ hash, directory: this.place.meta, database, byAim, report }));
  }

  close(): void {
    this.meta.close();
    this.seqs?.close();
  }

  private isChanging(): boolean {
    return !this.meta.isUnchanged() || this.seqs?.isUnchanged() === false;
  }

  /** What is damaged is reported. */
  private guard(where: string, check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.report.damage(error, where);
    }
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
}

function byName({ entries }: DictValue): Map<string, Value> {
  return new Map([...entries].map(([name, value]) => [String(name), value]));
}
