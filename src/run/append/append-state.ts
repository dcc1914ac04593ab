import { createHash } from 'node:crypto';
import type { MetricState } from '../../aim/metric-state.js';
import type { Databases } from '../../aim/run-files.js';
import type { Point, SummaryState } from '../../aim/summary.js';
import type { ArtifactFile, Notice, PointDataset, RunPart } from '../../model.js';

/** What must be known about a run in Aim, besides its files, to append what was added in MLflow. */
export interface AppendState {
  /** The fingerprints of the run's databases when this was true. */
  readonly databases: Databases<string>;
  readonly artifacts: KnownArtifacts;
  /** By metric key. */
  readonly metrics: ReadonlyMap<string, KnownMetric>;
  /** Those of histories and artifacts; those of the header are given anew each time. */
  readonly notices: readonly Notice[];
  /** A digest of the run's messages; empty for none. */
  readonly messages: string;
  /** The time of the latest point, milliseconds. */
  readonly lastTimestamp?: number;
  /** Of the run, seconds; also the time of its artifacts. */
  readonly creationTime: number;
  /** The parts of the header of which Aim has something; absent if that was not recorded. */
  readonly parts?: readonly RunPart[];
}

/** A file as it was listed, and what its content turned out to be. */
export interface KnownFile extends Pick<ArtifactFile, 'path' | 'size' | 'version'> {
  /** So many figures, if any. */
  readonly figures?: number;
  /** A text that holds a table. */
  readonly table?: true;
}

export interface KnownArtifacts {
  /** Of all of them (`TrackingStore.artifactsRevision`). */
  readonly revision: string;
  /** Sorted by path; absent if there were too many to keep. */
  readonly files?: readonly KnownFile[];
}

export interface KnownMetric {
  /** The source's read position. */
  readonly cursor: string;
  /** Absent while the metric has no points, but those of datasets. */
  readonly state?: MetricState;
  /** The sequences of points of datasets; absent for none. */
  readonly datasets?: readonly KnownDataset[];
}

/** The sequence of a metric's points of one dataset. */
export interface KnownDataset {
  readonly dataset: PointDataset;
  readonly state: MetricState;
}

type EncodedMetric = [
  key: string,
  cursor: string,
  state?: EncodedState | null,
  datasets?: [name: string, digest: string, state: EncodedState][],
];

/** With more, the state would be larger than what it saves. */
const MAX_METRICS = 5000;
const MAX_NOTICES = 1000;
const MAX_FILES = 5000;

/** Encodes the state for the ledger; undefined if it is too large to keep. */
export function encodeAppendState(appendState: AppendState): string | undefined {
  if (appendState.metrics.size > MAX_METRICS || appendState.notices.length > MAX_NOTICES) return undefined;
  const metrics = [...appendState.metrics].map(encodeMetric);
  const text = JSON.stringify({ ...appendState, metrics, artifacts: encodeArtifacts(appendState.artifacts) });
  return digest(text) + text;
}

/** Decodes the text of {@link encodeAppendState}. Throws if any character of it has changed. */
export function decodeAppendState(checked: string): AppendState {
  const text = checked.slice(DIGEST_LENGTH);
  if (digest(text) !== checked.slice(0, DIGEST_LENGTH))
    throw new Error('The append state of the run in the ledger is damaged.');
  const { metrics, artifacts, ...rest } = JSON.parse(text) as Omit<AppendState, 'metrics' | 'artifacts'> & {
    metrics: EncodedMetric[];
    artifacts: EncodedArtifacts;
  };
  return { ...rest, artifacts: decodeArtifacts(artifacts), metrics: new Map(metrics.map(decodeMetric)) };
}

function encodeMetric([key, { cursor, state, datasets }]: [string, KnownMetric]): EncodedMetric {
  const encoded = state === undefined ? undefined : encodeState(state);
  if (datasets === undefined) return encoded === undefined ? [key, cursor] : [key, cursor, encoded];
  const ofDatasets = datasets.map(({ dataset, state: own }): [string, string, EncodedState] => [
    dataset.name,
    dataset.digest,
    encodeState(own),
  ]);
  return [key, cursor, encoded ?? null, ofDatasets];
}

function decodeMetric([key, cursor, state, datasets]: EncodedMetric): [string, KnownMetric] {
  const known = datasets?.map(([name, ofData, own]) => ({
    dataset: { name, digest: ofData },
    state: decodeState(own),
  }));
  return [key, { cursor, ...(state && { state: decodeState(state) }), ...(known && { datasets: known }) }];
}

const DIGEST_LENGTH = 32;

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGEST_LENGTH);
}

/** `content` is a number of figures, or -1 for a table. */
type EncodedFile = [path: string, size: number | null, version: string | null, content?: number];
type EncodedArtifacts = [revision: string, files?: EncodedFile[]];

const TABLE = -1;

function encodeArtifacts({ revision, files }: KnownArtifacts): EncodedArtifacts {
  if (files === undefined || files.length > MAX_FILES) return [revision];
  return [
    revision,
    files.map(({ path, size = null, version = null, table, figures = table && TABLE }): EncodedFile => {
      return figures === undefined ? [path, size, version] : [path, size, version, figures];
    }),
  ];
}

function decodeArtifacts([revision, files]: EncodedArtifacts): KnownArtifacts {
  if (files === undefined) return { revision };
  const known = files.map(
    ([path, size, version, content]): KnownFile => ({
      path,
      ...(size !== null && { size }),
      ...(version !== null && { version }),
      ...(content === TABLE && { table: true }),
      ...(content !== undefined && content > 0 && { figures: content }),
    }),
  );
  return { revision, files: known };
}

/** The value is a string, because JSON has neither NaN nor −0. */
type EncodedPoint = [high: number, low: number, value: string];

interface EncodedState extends Omit<MetricState, 'lone' | 'summary'> {
  readonly lone?: string;
  readonly last: EncodedPoint;
  readonly first?: EncodedPoint;
  readonly min?: EncodedPoint;
  readonly max?: EncodedPoint;
}

function encodeState({ received, collapsed, renumbered, lone, summary }: MetricState): EncodedState {
  const { last, ...others } = summary;
  return {
    received,
    collapsed,
    renumbered,
    ...(lone !== undefined && { lone: String(lone) }),
    last: encodePoint(last),
    ...mapPresent(others, encodePoint),
  };
}

function decodeState({ received, collapsed, renumbered, lone, last, first, min, max }: EncodedState): MetricState {
  const others = { ...(first && { first }), ...(min && { min }), ...(max && { max }) };
  const summary: SummaryState = { last: decodePoint(last), ...mapPresent(others, decodePoint) };
  return { received, collapsed, renumbered, ...(lone !== undefined && { lone: BigInt(lone) }), summary };
}

function mapPresent<A, B>(
  { first, min, max }: { first?: A; min?: A; max?: A },
  map: (value: A) => B,
): { first?: B; min?: B; max?: B } {
  return {
    ...(first !== undefined && { first: map(first) }),
    ...(min !== undefined && { min: map(min) }),
    ...(max !== undefined && { max: map(max) }),
  };
}

function encodePoint({ high, low, value }: Point): EncodedPoint {
  return [high, low, Object.is(value, -0) ? '-0' : String(value)];
}

function decodePoint([high, low, value]: EncodedPoint): Point {
  return { high, low, value: Number(value) };
}
