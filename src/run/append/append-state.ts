import { createHash } from 'node:crypto';
import type { MetricState } from '../../aim/metric-state.js';
import type { Databases } from '../../aim/run-files.js';
import type { Point, SummaryState } from '../../aim/summary.js';
import type { ArtifactFile, Notice, RunPart } from '../../model.js';

/** All that must be known of a run that is in Aim, beside what is there, to add to it what was added in MLflow. */
export interface AppendState {
  /** The marks of the run's databases when this was so. */
  readonly databases: Databases<string>;
  readonly artifacts: KnownArtifacts;
  /** By metric key. */
  readonly metrics: ReadonlyMap<string, KnownMetric>;
  /** What was told of histories and artifacts; what is told of the header is told again each time. */
  readonly notices: readonly Notice[];
  /** A digest of the messages that the run has; empty for none. */
  readonly messages: string;
  /** The time of the latest point, milliseconds. */
  readonly lastTimestamp?: number;
  /** Of the run, seconds; the artifacts bear it, too. */
  readonly creationTime: number;
  /** The parts of the header of which Aim has something; absent where that was not noted. */
  readonly parts?: readonly RunPart[];
}

/** A file as it was listed. */
export type KnownFile = Pick<ArtifactFile, 'path' | 'size' | 'version'>;

export interface KnownArtifacts {
  /** The source's mark of all of them. */
  readonly mark: string;
  /** Sorted by path; absent where there were too many to keep. */
  readonly files?: readonly KnownFile[];
}

export interface KnownMetric {
  /** The source's mark behind what was read. */
  readonly mark: string;
  /** Absent while the metric has no points. */
  readonly state?: MetricState;
}

/** Beyond so many the state would be larger than what it saves. */
const MAX_METRICS = 5000;
const MAX_NOTICES = 1000;
const MAX_FILES = 5000;

/** The state as a text for the ledger; undefined for one that is too large to keep. */
export function encodeAppendState(growth: AppendState): string | undefined {
  if (growth.metrics.size > MAX_METRICS || growth.notices.length > MAX_NOTICES) return undefined;
  const metrics = [...growth.metrics].map(([key, { mark, state }]) => [
    key,
    mark,
    ...(state === undefined ? [] : [encodeState(state)]),
  ]);
  const text = JSON.stringify({ ...growth, metrics, artifacts: encodeArtifacts(growth.artifacts) });
  return digest(text) + text;
}

/** The state that {@link encodeAppendState} made a text of. Throws for anything else, one wrong digit of a number included. */
export function decodeAppendState(checked: string): AppendState {
  const text = checked.slice(DIGEST_LENGTH);
  if (digest(text) !== checked.slice(0, DIGEST_LENGTH)) throw new Error('What the ledger knows of the run is damaged.');
  const { metrics, artifacts, ...rest } = JSON.parse(text) as Omit<AppendState, 'metrics' | 'artifacts'> & {
    metrics: [string, string, EncodedState?][];
    artifacts: EncodedArtifacts;
  };
  const known = metrics.map(([key, mark, state]): [string, KnownMetric] => [
    key,
    { mark, ...(state !== undefined && { state: decodeState(state) }) },
  ]);
  return { ...rest, artifacts: decodeArtifacts(artifacts), metrics: new Map(known) };
}

const DIGEST_LENGTH = 32;

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGEST_LENGTH);
}

type EncodedArtifacts = [mark: string, files?: [path: string, size: number | null, version: string | null][]];

function encodeArtifacts({ mark, files }: KnownArtifacts): EncodedArtifacts {
  if (files === undefined || files.length > MAX_FILES) return [mark];
  return [mark, files.map(({ path, size = null, version = null }) => [path, size, version])];
}

function decodeArtifacts([mark, files]: EncodedArtifacts): KnownArtifacts {
  if (files === undefined) return { mark };
  const known = files.map(
    ([path, size, version]): KnownFile => ({
      path,
      ...(size !== null && { size }),
      ...(version !== null && { version }),
    }),
  );
  return { mark, files: known };
}

/** Numbers are texts, because JSON knows neither NaN nor −0. */
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
