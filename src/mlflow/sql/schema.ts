import { ConvertError } from '../../errors.js';
import type { Database } from './database.js';

/** Without these, a database is none of MLflow's. All of them have been there since MLflow 1.4. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  experiments: ['experiment_id', 'name', 'artifact_location', 'lifecycle_stage'],
  experiment_tags: ['experiment_id', 'key', 'value'],
  runs: [
    'run_uuid',
    'experiment_id',
    'name',
    'user_id',
    'status',
    'start_time',
    'end_time',
    'lifecycle_stage',
    'artifact_uri',
    'entry_point_name',
  ],
  params: ['run_uuid', 'key', 'value'],
  tags: ['run_uuid', 'key', 'value'],
  metrics: ['run_uuid', 'key', 'value', 'timestamp', 'step', 'is_nan'],
  latest_metrics: ['run_uuid', 'key', 'value', 'timestamp', 'step', 'is_nan'],
};

const LATER: Readonly<Record<string, readonly string[]>> = {
  datasets: ['dataset_uuid', 'name', 'digest', 'dataset_source_type', 'dataset_source', 'dataset_schema'],
  inputs: ['input_uuid', 'source_type', 'source_id', 'destination_type', 'destination_id'],
  input_tags: ['input_uuid', 'name', 'value'],
  logged_models: ['model_id', 'name', 'artifact_location', 'status', 'lifecycle_stage', 'model_type', 'source_run_id'],
  logged_model_params: ['model_id', 'param_key', 'param_value'],
  logged_model_tags: ['model_id', 'tag_key', 'tag_value'],
};

/** What a database has of the things that came after MLflow 1.4. */
export interface Schema {
  /** experiments.creation_time, MLflow ≥ 1.29. */
  readonly creationTime: boolean;
  /** experiments.workspace, MLflow ≥ 3.10. */
  readonly workspace: boolean;
  /** datasets, inputs, input_tags, MLflow ≥ 2.4. */
  readonly datasets: boolean;
  /** inputs.step and the logged_model tables, MLflow ≥ 3. */
  readonly models: boolean;
}

/** Looks which tables and columns there are; throws a `fatal` error when they are not MLflow's. Versions are not asked. */
export async function probeSchema(database: Database, signal: AbortSignal): Promise<Schema> {
  const columns = await database.columns([...Object.keys(NEEDED), ...Object.keys(LATER)], signal);
  const has = (table: string, names: readonly string[] | undefined): boolean =>
    names?.every((name) => columns.get(table)?.has(name)) ?? false;
  for (const [table, names] of Object.entries(NEEDED)) {
    if (has(table, names)) continue;
    const missing = columns.has(table)
      ? `its table ${table} has no column ${names.find((name) => !columns.get(table)?.has(name))}`
      : `it has no table ${table}`;
    throw new ConvertError('fatal', `${database.uri} holds no MLflow tracking data that can be read: ${missing}.`, {
      where: database.uri,
      hint: 'Give the database that MLflow tracks into; one of MLflow before 1.4 has to be upgraded first (mlflow db upgrade).',
    });
  }
  const hasLater = (...tables: string[]): boolean => tables.every((table) => has(table, LATER[table]));
  const datasets = hasLater('datasets', 'inputs', 'input_tags');
  return {
    creationTime: has('experiments', ['creation_time']),
    workspace: has('experiments', ['workspace']),
    datasets,
    models:
      datasets && has('inputs', ['step']) && hasLater('logged_models', 'logged_model_params', 'logged_model_tags'),
  };
}
