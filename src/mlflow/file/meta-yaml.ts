import type { LifecycleStage, RunStatus } from '../../model.js';
import { isRunStatus, optionalField, parseLifecycleStage, unknownStatus } from '../common/run-fields.js';
import type { CodeSource } from '../common/source-tags.js';
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
  readonly source: CodeSource;
  /** Fields with invalid values. */
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

/** Keys are sorted: `user_id` is the last, and `status` the last but two. */
export const isWholeRunMeta: Completeness = (fields) =>
  fields.has('user_id') || textField(fields, 'status') !== undefined;

/** `name` is the last key that every version writes. A dataset has a name too, but no `experiment_id`. */
export const isWholeExperimentMeta: Completeness = (fields) =>
  textField(fields, 'name') !== undefined && textField(fields, 'experiment_id') !== undefined;

export function runMeta(fields: YamlMapping): RunMeta {
  const faults: MetaFault[] = [];
  return {
    ...optionalField('runId', textField(fields, 'run_id') ?? textField(fields, 'run_uuid')),
    ...optionalField('experimentId', textField(fields, 'experiment_id')),
    ...optionalField('name', textField(fields, 'run_name') ?? textField(fields, 'name')),
    status: status(fields, faults),
    lifecycleStage: parseLifecycleStage(textField(fields, 'lifecycle_stage')),
    ...optionalField('startTime', milliseconds(fields, 'start_time', faults)),
    ...optionalField('endTime', milliseconds(fields, 'end_time', faults)),
    ...optionalField('userId', textField(fields, 'user_id')),
    ...optionalField('artifactUri', textField(fields, 'artifact_uri')),
    ...optionalField('entryPoint', textField(fields, 'entry_point_name')),
    source: {
      name: textField(fields, 'source_name'),
      type: SOURCE_TYPES.get(textField(fields, 'source_type') ?? ''),
      version: textField(fields, 'source_version'),
    },
    faults,
  };
}

export function experimentMeta(fields: YamlMapping): ExperimentMeta {
  return {
    id: textField(fields, 'experiment_id') ?? '',
    name: textField(fields, 'name') ?? '',
    lifecycleStage: parseLifecycleStage(textField(fields, 'lifecycle_stage')),
    ...optionalField('artifactLocation', textField(fields, 'artifact_location')),
    // an invalid time is no loss: that of the first run replaces it
    ...optionalField('creationTime', milliseconds(fields, 'creation_time', [])),
  };
}

/** A scalar, unless it is missing, null or empty. */
export function textField(fields: YamlMapping, key: string): string | undefined {
  const value = fields.get(key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** As MLflow reads it: no status means RUNNING. */
function status(fields: YamlMapping, faults: MetaFault[]): RunStatus {
  const value = textField(fields, 'status');
  if (value === undefined) return 'RUNNING';
  const known = STATUS_NUMBERS.get(value) ?? value.toUpperCase();
  if (isRunStatus(known)) return known;
  faults.push({
    field: 'status',
    detail: unknownStatus(value),
  });
  return 'RUNNING';
}

function milliseconds(fields: YamlMapping, key: string, faults: MetaFault[]): number | undefined {
  const value = textField(fields, key);
  if (value === undefined) return undefined;
  const time = /^[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isFinite(time)) return time;
  faults.push({ field: key, detail: `${JSON.stringify(value)} is not a time in milliseconds.` });
  return undefined;
}
