import type { LifecycleStage, RunStatus } from '../../model.js';
import type { RunSource } from '../common/source-tags.js';
import type { Completeness } from './meta-file.js';
import type { YamlMapping } from './yaml-mapping.js';

/** What a run's meta.yaml says; times in milliseconds. */
export interface RunMeta {
  /** `run_id`, in stores of MLflow < 1.0 `run_uuid`. */
  readonly runId?: string;
  readonly experimentId?: string;
  /** `run_name`, in stores of MLflow < 1.0 `name`. */
  readonly name?: string;
  readonly status: RunStatus;
  readonly lifecycleStage: LifecycleStage;
  readonly startTime?: number;
  readonly endTime?: number;
  readonly userId?: string;
  readonly artifactUri?: string;
  readonly entryPoint?: string;
  readonly source: RunSource;
  /** Fields whose values could not be understood, with what they hold. */
  readonly faults: readonly MetaFault[];
}

export interface MetaFault {
  readonly field: string;
  readonly detail: string;
}

/** What an experiment's meta.yaml says. */
export interface ExperimentMeta {
  readonly id: string;
  readonly name: string;
  readonly lifecycleStage: LifecycleStage;
  readonly artifactLocation?: string;
  /** Milliseconds since the epoch. */
  readonly creationTime?: number;
}

/** mlflow.entities.RunStatus, as meta.yaml holds it. */
const STATUS_NUMBERS: ReadonlyMap<string, RunStatus> = new Map([
  ['1', 'RUNNING'],
  ['2', 'SCHEDULED'],
  ['3', 'FINISHED'],
  ['4', 'FAILED'],
  ['5', 'KILLED'],
]);
/** mlflow.entities.SourceType; the fifth is UNKNOWN. */
const SOURCE_TYPES: ReadonlyMap<string, string> = new Map([
  ['1', 'NOTEBOOK'],
  ['2', 'JOB'],
  ['3', 'PROJECT'],
  ['4', 'LOCAL'],
]);

const STATUS_NAMES: ReadonlySet<string> = new Set(STATUS_NUMBERS.values());

/** Keys are sorted: `user_id` is the last, and the last but two is `status`. */
export const isWholeRunMeta: Completeness = (fields) => fields.has('user_id') || text(fields, 'status') !== undefined;

/** `name` is the last key that every version writes; a dataset has a name too, but no experiment's id. */
export const isWholeExperimentMeta: Completeness = (fields) =>
  text(fields, 'name') !== undefined && text(fields, 'experiment_id') !== undefined;

export function runMeta(fields: YamlMapping): RunMeta {
  const faults: MetaFault[] = [];
  return {
    ...optional('runId', text(fields, 'run_id') ?? text(fields, 'run_uuid')),
    ...optional('experimentId', text(fields, 'experiment_id')),
    ...optional('name', text(fields, 'run_name') ?? text(fields, 'name')),
    status: status(fields, faults),
    lifecycleStage: lifecycleStage(fields),
    ...optional('startTime', milliseconds(fields, 'start_time', faults)),
    ...optional('endTime', milliseconds(fields, 'end_time', faults)),
    ...optional('userId', text(fields, 'user_id')),
    ...optional('artifactUri', text(fields, 'artifact_uri')),
    ...optional('entryPoint', text(fields, 'entry_point_name')),
    source: {
      name: text(fields, 'source_name'),
      type: SOURCE_TYPES.get(text(fields, 'source_type') ?? ''),
      version: text(fields, 'source_version'),
    },
    faults,
  };
}

export function experimentMeta(fields: YamlMapping): ExperimentMeta {
  return {
    id: text(fields, 'experiment_id') ?? '',
    name: text(fields, 'name') ?? '',
    lifecycleStage: lifecycleStage(fields),
    ...optional('artifactLocation', text(fields, 'artifact_location')),
    // What is unreadable here is no loss: the time of the first run takes its place.
    ...optional('creationTime', milliseconds(fields, 'creation_time', [])),
  };
}

/** A scalar that is there, is not null and is not empty. */
export function text(fields: YamlMapping, key: string): string | undefined {
  const value = fields.get(key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `{ [key]: value }`, or nothing: absent fields are absent, not undefined. */
export function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}

/** Absent in stores of MLflow 0.x, where nothing could be deleted. */
export function lifecycleStage(fields: YamlMapping): LifecycleStage {
  return text(fields, 'lifecycle_stage')?.toLowerCase() === 'deleted' ? 'deleted' : 'active';
}

/** As MLflow reads it: no status means RUNNING. */
function status(fields: YamlMapping, faults: MetaFault[]): RunStatus {
  const value = text(fields, 'status');
  if (value === undefined) return 'RUNNING';
  const known = STATUS_NUMBERS.get(value) ?? value.toUpperCase();
  if (isRunStatus(known)) return known;
  faults.push({
    field: 'status',
    detail: `${JSON.stringify(value)} is no status that MLflow knows; RUNNING is assumed.`,
  });
  return 'RUNNING';
}

function isRunStatus(value: string): value is RunStatus {
  return STATUS_NAMES.has(value);
}

function milliseconds(fields: YamlMapping, key: string, faults: MetaFault[]): number | undefined {
  const value = text(fields, key);
  if (value === undefined) return undefined;
  const time = /^[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isFinite(time)) return time;
  faults.push({ field: key, detail: `${JSON.stringify(value)} is no time in milliseconds.` });
  return undefined;
}
