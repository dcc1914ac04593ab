/**
 * What Aim holds, as `verify/aim/` reads it and the comparison with MLflow receives it. Types only: whoever derives what is
 * expected and whoever reads what is there share this page and nothing else.
 *
 * Reading is synchronous, the fastest there is, and lazy: a run that is opened has read its attributes and no point. Whoever
 * must not block a thread does other work between two batches or runs.
 */

/** A float with its bits, because NaN, −0 and the last bit count. */
export interface FloatValue {
  readonly type: 'float';
  /** May have lost the payload of a NaN; `bits` has not. */
  readonly value: number;
  /** The IEEE 754 double as an unsigned integer. */
  readonly bits: bigint;
}

/** A key of a dict. Aim tells the text `'1'` and the integer `1n` apart. */
export type DictKey = string | bigint;

/** A value of Aim's (docs/aim-repo-format.md §3). */
export type Value =
  | { readonly type: 'none' }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'int'; readonly value: bigint }
  | FloatValue
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'bytes'; readonly value: Uint8Array }
  | { readonly type: 'list'; readonly items: readonly Value[] }
  /** In the order of the keys' bytes: texts by their UTF-8, then integers. */
  | DictValue
  /** `aim.image`, `aim.text` …; fields that Aim keeps as BLOBs are here with their bytes or text. */
  | { readonly type: 'object'; readonly name: string; readonly fields: ReadonlyMap<string, Value> }
  /** What cannot be decoded, and was reported as a finding: the record as it lies there. */
  | { readonly type: 'unreadable'; readonly record: Uint8Array };

export interface DictValue {
  readonly type: 'dict';
  readonly entries: ReadonlyMap<DictKey, Value>;
}

/** What Aim files a sequence under (`typed_traces`). `sequence` is that of log lines and log records. */
export type SequenceKind = 'metric' | 'images' | 'texts' | 'audios' | 'distributions' | 'figures' | 'sequence';

/**
 * Some points of a metric, column by column, in the order of storage: by the hash of the step, which is no order of the steps.
 * The arrays are of equal length. A batch is valid until the next one is asked for, of this or any other sequence; its arrays
 * are then used again.
 */
export interface MetricBatch {
  readonly length: number;
  readonly steps: BigInt64Array;
  /** Of a float its value, of an int the double nearest to it; as Aim's readers see it. */
  readonly values: Float64Array;
  /** The eight bytes of each value as stored: the bits of a float, the int64 of an int. */
  readonly valueBits: BigUint64Array;
  /** Whether a value is stored as an int: 1, or 0 for a float. */
  readonly valueIsInt: Uint8Array;
  /** Seconds since the epoch, as stored; bit for bit. */
  readonly times: Float64Array;
  /** NaN where the epoch is None, which is what mlflow2aim writes. */
  readonly epochs: Float64Array;
}

/** One point of a sequence of objects. Aim keeps these by step: they come in ascending order of the steps. */
export interface ObjectPoint {
  readonly step: bigint;
  /** An object, or a list of objects. */
  readonly value: Value;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly epoch: number | undefined;
}

/** A sequence's name and context. */
export interface SequenceId {
  readonly name: string;
  readonly context: DictValue;
}

/** What Aim's summary of a sequence says (`traces`); absent is what is not there. Checked against the points as they are read. */
export interface SequenceSummary {
  readonly dtype?: string;
  readonly version?: bigint;
  readonly firstStep?: bigint;
  readonly lastStep?: bigint;
  /** These four of metrics only. */
  readonly first?: Value;
  readonly last?: Value;
  readonly min?: Value;
  readonly max?: Value;
  /** Of sequences of lists. */
  readonly recordMaxLength?: bigint;
}

interface Sequence extends SequenceId {
  readonly summary: SequenceSummary;
  /**
   * False when points could not be read because a file is damaged or missing, which has been reported: known once they were read.
   * What was not among them need not be missing.
   */
  readonly isReadable: boolean;
  /** How many points are stored; reads a quarter of what reading the points does. 0 where they cannot be read. */
  count(): number;
}

export interface MetricSequence extends Sequence {
  readonly kind: 'metric';
  /**
   * Reads the points, and with them checks the structure of this sequence: what is wrong goes to the run's `report`, once the
   * batches are read to their end. Points that lack their step or value are left out of the batches and reported.
   */
  points(): IterableIterator<MetricBatch>;
  /** The point at one step, found by the step's hash; undefined when there is none. A batch of one. */
  point(step: bigint): MetricBatch | undefined;
}

export interface ObjectSequence extends Sequence {
  readonly kind: Exclude<SequenceKind, 'metric'>;
  /** Reads the points, one object's bytes at a time, and checks their structure, as for metrics. */
  points(): IterableIterator<ObjectPoint>;
}

export type SequenceContents = MetricSequence | ObjectSequence;

/** A run as its two databases (`meta/chunks/<hash>`, `seqs/chunks/<hash>`) hold it. */
export interface RunContents {
  readonly hash: string;
  /** What Aim's queries call `run.…`. */
  readonly attributes: DictValue;
  /** `none` of an active run; undefined when the record is missing, which is a finding. */
  readonly endTime: Value | undefined;
  /** Links: each an object `aim.artifact` with `name`, `path`, `base_uri`, `uri`. */
  readonly artifacts: ReadonlyMap<string, Value>;
  /** `artifacts_uri` and whatever else lies beside them. */
  readonly otherProperties: ReadonlyMap<string, Value>;
  /** In order of storage. */
  readonly sequences: readonly SequenceContents[];
  /** Checks what no sequence covers: points that no summary knows, BLOBs that belong to nothing. Call it after the points were read. */
  finish(): void;
  close(): void;
}

/** A label of a run: Aim's table `tag`. */
export interface LabelRow {
  readonly name: string;
  readonly uuid: string | null;
  readonly color: string | null;
  readonly description: string | null;
  readonly archived: boolean;
  /** As stored: `YYYY-MM-DD HH:MM:SS.ffffff`, UTC. */
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
}

export interface NoteRow {
  readonly content: string;
  /** As stored: `YYYY-MM-DD HH:MM:SS.ffffff`, UTC. */
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
}

export interface ExperimentRow {
  readonly name: string;
  readonly uuid: string | null;
  readonly description: string | null;
  readonly archived: boolean;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
  /** By id, which is their order of arrival. */
  readonly notes: readonly NoteRow[];
}

/** A run's entry in `run_metadata.sqlite`, with what belongs to it. Texts of times as stored: `YYYY-MM-DD HH:MM:SS.ffffff`, UTC. */
export interface RunRow {
  readonly hash: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly archived: boolean;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
  readonly finalizedAt: string | null;
  /** Undefined when the row names none, or one that is not there (which is a finding). */
  readonly experiment: ExperimentRow | undefined;
  /** By name. */
  readonly labels: readonly LabelRow[];
  /** By id, which is their order of arrival. */
  readonly notes: readonly NoteRow[];
}

/** What of a repository's structure is not as it has to be. Listed in docs/codes.md. */
export type StructureCode =
  | 'rows-damaged'
  | 'row-malformed'
  | 'row-dangling'
  | 'row-without-database'
  | 'database-without-row'
  | 'database-missing'
  | 'database-damaged'
  | 'file-leftover'
  | 'record-malformed'
  | 'record-unknown'
  | 'record-missing'
  | 'context-hash'
  | 'context-missing'
  | 'catalogue-missing'
  | 'catalogue-extra'
  | 'catalogue-differs'
  | 'summary-differs'
  | 'sequence-without-points'
  | 'points-without-sequence'
  | 'step-hash'
  | 'point-incomplete'
  | 'point-malformed'
  | 'object-malformed'
  | 'blob-missing'
  | 'blob-extra'
  | 'index-damaged'
  | 'index-missing'
  | 'index-behind'
  | 'index-checksum'
  | 'index-run-missing'
  | 'index-entry-missing'
  | 'index-entry-extra'
  | 'index-entry-differs';

/**
 * One thing that is not as it has to be. Whatever names the place is there as far as it is known; `expected` and `found` are
 * in people's words, at most a line each.
 *
 * A comparison with MLflow has codes of its own: `Finding<DifferenceCode>`.
 */
export interface Finding<Code extends string = StructureCode> {
  readonly code: Code;
  /** A `note` is no fault: Aim or mlflow2aim puts it right when it next writes, or it does no harm. */
  readonly severity: 'error' | 'note';
  /** The run's hash; absent for what belongs to no run. */
  readonly run?: string;
  readonly sequence?: SequenceId;
  readonly step?: bigint;
  /** The record or column in Aim's own words: `traces/{}/loss/last_step`, `run.experiment_id`. */
  readonly record?: string;
  /** A file below `.aim`. */
  readonly file?: string;
  readonly expected?: string;
  readonly found?: string;
}

/** Takes findings as they are made. */
export type Report = (finding: Finding) => void;
