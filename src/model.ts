/** The records that flow through the pipeline. All of them survive a structured clone, so a run can cross threads. */

export type LifecycleStage = 'active' | 'deleted';
export type RunStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';

/** An MLflow experiment. */
export interface Experiment {
  /** MLflow's id; a string, because migrated stores hold integers beyond 2^53. */
  readonly id: string;
  readonly name: string;
  readonly lifecycleStage: LifecycleStage;
  readonly artifactLocation?: string;
  /** Milliseconds since the epoch; stores of MLflow 1 have none. */
  readonly creationTime?: number;
  readonly tags: ReadonlyMap<string, string>;
}

/** Where one run lies in its source: all that another thread needs to read it. */
export interface RunRef {
  readonly runId: string;
  readonly experimentId: string;
  /** Private to the source: a directory, or nothing where the id is enough. */
  readonly locator: string;
}

/** A dataset that a run used (MLflow ≥ 2.4). `source`, `schema` and `profile` are the JSON texts as MLflow keeps them. */
export interface DatasetInput {
  readonly name: string;
  readonly digest: string;
  readonly context?: string;
  readonly sourceType?: string;
  readonly source?: string;
  readonly schema?: string;
  readonly profile?: string;
  /** What the run says of it besides the context; absent when that is nothing. */
  readonly tags?: ReadonlyMap<string, string>;
}

/** A model that a run logged (MLflow ≥ 3). */
export interface LoggedModel {
  readonly modelId: string;
  readonly name?: string;
  readonly type?: string;
  readonly status?: string;
  readonly artifactUri?: string;
  readonly step?: bigint;
  readonly params: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
}

/** The header of an MLflow run: everything but its points and its files. Times are milliseconds since the epoch. */
export interface Run {
  readonly id: string;
  readonly experimentId: string;
  readonly name?: string;
  readonly status: RunStatus;
  readonly lifecycleStage: LifecycleStage;
  readonly startTime?: number;
  readonly endTime?: number;
  readonly userId?: string;
  readonly artifactUri?: string;
  readonly entryPoint?: string;
  readonly params: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
  readonly datasets: readonly DatasetInput[];
  readonly models: readonly LoggedModel[];
}

/** Whether a run is still being tracked: points, params and artifacts are likely to be added to it. */
export function isActive({ status }: Pick<Run, 'status'>): boolean {
  return status === 'RUNNING' || status === 'SCHEDULED';
}

/** The dataset on which points were measured (MLflow ≥ 3: `log_metric(…, dataset=…)`). */
export interface PointDataset {
  readonly name: string;
  /** Empty where the source has none. */
  readonly digest: string;
}

/**
 * Some points of one metric, column by column, in arrival order; the three arrays are of equal length.
 * A batch belongs to whoever received it: a source never touches it again.
 */
export interface PointBatch {
  /** int64 steps. */
  readonly steps: BigInt64Array;
  /** NaN and ±infinity included. */
  readonly values: Float64Array;
  /** Milliseconds since the epoch. */
  readonly timestamps: Float64Array;
  /** What all of them were measured on; absent where nothing is said of it. Arrival order is that of the points of one dataset. */
  readonly dataset?: PointDataset;
}

/** A file of a run as its source lists it. */
export interface ArtifactFile {
  /** Relative to the run's artifact root, with `/` on every system. */
  readonly path: string;
  /** Bytes, where the listing tells. */
  readonly size?: number;
  /** Changes when the file is replaced, where the listing tells. */
  readonly version?: string;
  /** Where the bytes lie in MLflow, for people: `file:///…`, `s3://…`. Never holds a credential. */
  readonly uri: string;
}

export type ArtifactKind = 'image' | 'text' | 'audio' | 'figure';
/** Why an artifact was not transferred. */
export type ArtifactSkipReason =
  | 'no-kind'
  | 'too-large'
  | 'not-an-image'
  | 'unreadable'
  | 'link-outside'
  | 'path-outside';

/** The parts of a run that are read each by itself, so that one of them can fail while the others do not. */
export type RunPart = 'params' | 'tags' | 'metrics' | 'datasets' | 'models' | 'artifacts';

/**
 * A part of a run, or one item of it, that could not be read at this moment. It is not gone: what Aim has of it stays until
 * it has been read (docs/mapping.md, law 2).
 */
export interface UnreadPart {
  readonly part: RunPart;
  /** A param, tag or metric key, or the path of an artifact or of a directory of artifacts; absent for the whole part. */
  readonly item?: string;
}

/**
 * Why no artifact of a run could be listed: nothing is there; the location is not one to be followed; from here there is no
 * way to it (no credentials, no package, a scheme that only a server reads); anything else.
 */
export type UnreachableReason = 'missing' | 'refused' | 'no-access' | 'failed';

/**
 * Something that was lost or changed on the way from MLflow to Aim. Each is counted, named in the report, and written
 * into the run as a message (docs/mapping.md, law 1).
 */
export type Notice =
  | {
      readonly kind: 'line-skipped';
      readonly metric: string;
      readonly file: string;
      readonly line: number;
      readonly reason: string;
    }
  | { readonly kind: 'points-collapsed'; readonly metric: string; readonly points: number }
  /** The source has the metric's latest value and none of its points: somebody deleted them. */
  | { readonly kind: 'history-missing'; readonly metric: string }
  | { readonly kind: 'metric-renumbered'; readonly metric: string; readonly points: number }
  /** A metric keeps its own name: with `--context`, it and another would have become this sequence. */
  | { readonly kind: 'context-clash'; readonly metric: string; readonly sequence: string }
  | {
      readonly kind: 'artifact-skipped';
      readonly path: string;
      readonly reason: ArtifactSkipReason;
      readonly detail: string;
      readonly size?: number;
    }
  | {
      readonly kind: 'artifacts-unreachable';
      readonly uri: string;
      readonly detail: string;
      /** Absent for `failed`. */
      readonly reason?: UnreachableReason;
      /** Nothing was listed, and Aim has artifacts of the run. */
      readonly empty?: true;
    }
  | { readonly kind: 'text-replaced'; readonly path: string }
  | {
      readonly kind: 'field-unreadable';
      readonly field: string;
      readonly file: string;
      readonly detail: string;
      /** What was not read because of it; absent where something was read and could not be understood. */
      readonly unread?: UnreadPart;
      /** True of what is there and is not to be read, as a link that leads out of the run. */
      readonly refused?: true;
      /** The part is empty or not there, and Aim has something of it. */
      readonly empty?: true;
    }
  | {
      /** Of a part that could not be read Aim keeps what it had: so many params, tags, metrics, datasets, models or files. */
      readonly kind: 'part-kept';
      readonly part: RunPart;
      readonly items: number;
    }
  | { readonly kind: 'stale'; readonly lastSign: number };

/** What an artifact becomes: one of the kinds, `log` for a copy of a text as terminal log, or `table` for one drawn of a text. */
export type ArtifactRole = ArtifactKind | 'log' | 'table';

/** Where a classified artifact belongs in Aim. */
export interface ArtifactPlace {
  readonly role: ArtifactRole;
  /** The name of the Aim sequence. */
  readonly sequence: string;
  readonly step: bigint;
  /** Milliseconds since the epoch; only image histories know theirs. */
  readonly timestamp?: number;
  /** One of a list of files that share a record (a directory's images, unless each is a sequence), rather than a record of its own. */
  readonly grouped: boolean;
  /** A second place of a text, which it has only if its content is such: a figure, or a table. */
  readonly tentative?: true;
  readonly file: ArtifactFile;
}

/** What an image's header says. */
export interface ImageHeader {
  readonly width: number;
  readonly height: number;
  /** As Aim's UI paints it: `png`, `jpeg`, `gif`, `bmp`, `webp`, `svg+xml`. */
  readonly format: string;
  /** The mode Pillow would name: `RGB`, `RGBA`, `L`, `P` … */
  readonly mode: string;
}

/** What the artifact stage hands on: a file with its bytes, or a link to one that stays where it is. */
export type ArtifactRecord =
  | {
      readonly type: 'artifact';
      readonly place: ArtifactPlace;
      readonly bytes: Uint8Array;
      readonly image?: ImageHeader;
    }
  | { readonly type: 'link'; readonly path: string; readonly uri: string };

/** A part of a run of which nothing is to be seen; see {@link StageContext.absent}. */
export interface AbsentPart {
  readonly part: RunPart;
  readonly directory: string;
  /** Of models: only those that the run logged at a step, as its outputs. */
  readonly outputsOnly?: true;
  /** Of models: only the one with this id. */
  readonly item?: string;
}

/** What a stage gets from the pipeline besides its input. */
export interface StageContext {
  readonly signal: AbortSignal;
  /** Takes note of a loss in the run under way. */
  readonly notice: (notice: Notice) => void;
  /**
   * Hears of a part whose directory is not there, or empty: the run never had any of it, or it cannot be seen at this moment.
   * That is for those to decide who know what was there. An empty answer of a database or server is an answer.
   */
  readonly absent?: (absent: AbsentPart) => void;
}
