import type { Key } from '../rocksdb/bytes.js';
import type { DatabaseRecord } from '../rocksdb/database.js';
import type { DatabaseWriter } from '../rocksdb/database-writer.js';
import { EMPTY_DICT, encodeFloat, encodeInt, encodePath, encodeString, NONE } from './encoding.js';
import type { WrittenSequence } from './object-records.js';
import { ATTRS, contextPath, runPath, tracePath } from './paths.js';
import type { SequenceId } from './sequence.js';
import type { MetricSummary } from './summary.js';
import { putTree } from './tree.js';
import { type AimDict, AimObject } from './value.js';

/** The type of a sequence's values, and where Aim's catalogue of sequences lists it. */
export interface SequenceType {
  readonly dtype: string;
  readonly catalogue: 'metric' | 'images' | 'texts' | 'audios' | 'figures' | 'sequence';
}

export interface ObjectSummary {
  readonly firstStep: bigint;
  readonly lastStep: bigint;
  /** For sequences of lists: the length of the longest. */
  readonly recordMaxLength?: number;
}

const METRIC: SequenceType = { dtype: 'float', catalogue: 'metric' };
const ONE = encodeInt(1n);
const METRIC_VERSION = encodeInt(2n);
const OBJECT_VERSION = encodeInt(1n);

/** The records of a run's first database: attributes, contexts, summaries of sequences (docs/aim-repo-format.md §5.1). */
export class MetaRecords {
  /** In no order; a later value for a key replaces an earlier one. */
  private readonly records: (readonly [Key, Uint8Array])[] = [];
  private readonly run: Key;

  constructor(hash: string) {
    this.run = runPath(hash);
    this.put(ATTRS, EMPTY_DICT);
    this.put(this.run + encodePath('attrs'), EMPTY_DICT);
  }

  /** The run's attributes. Aim stores them twice: for the run, and for completing queries. */
  attributes(attributes: AimDict): void {
    for (const [key, value] of attributes) {
      putTree(ATTRS + encodePath(key), value, this.put);
      putTree(this.run + encodePath('attrs', key), value, this.put);
    }
  }

  /** Seconds since the epoch, or null for a run that is still active. */
  endTime(seconds: number | null): void {
    this.put(this.run + encodePath('end_time'), seconds === null ? NONE : encodeFloat(seconds));
  }

  metric(sequence: SequenceId, summary: MetricSummary): void {
    const trace = this.sequence(sequence, METRIC);
    this.put(trace + encodePath('version'), METRIC_VERSION);
    this.put(trace + encodePath('first'), encodeFloat(summary.first));
    this.put(trace + encodePath('first_step'), encodeInt(summary.firstStep));
    this.put(trace + encodePath('last'), encodeFloat(summary.last));
    this.put(trace + encodePath('last_step'), encodeInt(summary.lastStep));
    if (summary.min !== undefined) this.put(trace + encodePath('min'), encodeFloat(summary.min));
    if (summary.max !== undefined) this.put(trace + encodePath('max'), encodeFloat(summary.max));
  }

  objects(sequence: SequenceId, type: SequenceType, summary: ObjectSummary): void {
    const trace = this.sequence(sequence, type);
    this.put(trace + encodePath('version'), OBJECT_VERSION);
    this.put(trace + encodePath('first_step'), encodeInt(summary.firstStep));
    this.put(trace + encodePath('last_step'), encodeInt(summary.lastStep));
    if (summary.recordMaxLength !== undefined) {
      this.put(trace + encodePath('record_max_length'), encodeInt(BigInt(summary.recordMaxLength)));
    }
  }

  objectSequences(sequences: readonly WrittenSequence[]): void {
    for (const { id, type, steps, recordMaxLength } of sequences) {
      this.objects(id, type, {
        firstStep: steps[0]!,
        lastStep: steps.at(-1)!,
        ...(recordMaxLength !== undefined && { recordMaxLength }),
      });
    }
  }

  /** A file that stays in MLflow: Aim lists it among the run's artifacts. */
  artifact(path: string, uri: string): void {
    const cut = uri.lastIndexOf('/');
    const fields = new Map([
      ['name', path],
      ['path', path],
      ['base_uri', cut < 0 ? uri : uri.slice(0, cut)],
      ['uri', uri],
    ]);
    putTree(this.run + encodePath('artifacts', path), new AimObject('aim.artifact', fields), this.put);
  }

  /** Adds records of the run unchanged. */
  keep(records: Iterable<DatabaseRecord>): void {
    for (const { key, value } of records) this.put(key, value);
  }

  /** Writes all records, sorted, as the one table of `database`. */
  write(database: DatabaseWriter): void {
    const table = database.table();
    for (const [key, value] of this.sorted()) table.add(key, value);
    database.close(table);
  }

  /** All records so far, in order of key. */
  *sorted(): Generator<readonly [Key, Uint8Array]> {
    const records = this.records.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    for (const [i, record] of records.entries()) if (records[i + 1]?.[0] !== record[0]) yield record;
  }

  private sequence({ name, context, contextId }: SequenceId, { dtype, catalogue }: SequenceType): Key {
    const path = contextPath(contextId);
    if (!this.contexts.has(contextId)) {
      this.contexts.add(contextId);
      putTree(encodePath('meta') + path, context, this.put);
      putTree(this.run + path, context, this.put);
    }
    this.put(encodePath('meta', 'traces_types', dtype, contextId, name), ONE);
    this.put(this.run + encodePath('typed_traces', catalogue, contextId, name), ONE);
    const trace = this.run + tracePath(contextId, name);
    this.put(trace + encodePath('dtype'), encodeString(dtype));
    return trace;
  }

  private readonly contexts = new Set<bigint>();

  private readonly put = (key: Key, value: Uint8Array): void => {
    this.records.push([key, value]);
  };
}
