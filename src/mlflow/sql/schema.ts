import { ConvertError } from '../../errors.js';
import type { RunPart } from '../../model.js';
import type { Catalog } from './catalog.js';
import type { Database } from './database.js';

type Tables = Readonly<Record<string, readonly string[]>>;

/** Nothing can be read without these. Like those of {@link PARTS}, they exist since MLflow 1.4. */
const NEEDED: Tables = {
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
};

/** Each contains a part of all runs. */
const PARTS: Tables = {
  params: ['run_uuid', 'key', 'value'],
  tags: ['run_uuid', 'key', 'value'],
  metrics: ['run_uuid', 'key', 'value', 'timestamp', 'step', 'is_nan'],
  latest_metrics: ['run_uuid', 'key', 'value', 'timestamp', 'step', 'is_nan'],
};

const LATER = {
  datasets: ['dataset_uuid', 'name', 'digest', 'dataset_source_type', 'dataset_source', 'dataset_schema'],
  inputs: ['input_uuid', 'source_type', 'source_id', 'destination_type', 'destination_id'],
  input_tags: ['input_uuid', 'name', 'value'],
  logged_models: ['model_id', 'name', 'artifact_location', 'status', 'lifecycle_stage', 'model_type', 'source_run_id'],
  logged_model_params: ['model_id', 'param_key', 'param_value'],
  logged_model_tags: ['model_id', 'tag_key', 'tag_value'],
  logged_model_metrics: [
    'metric_name',
    'metric_timestamp_ms',
    'metric_step',
    'metric_value',
    'run_id',
    'dataset_name',
    'dataset_digest',
  ],
} as const satisfies Tables;

/** A table that older versions of MLflow do not make. */
export type LaterTable = keyof typeof LATER;

const ALL: Tables = { ...NEEDED, ...PARTS, ...LATER };

/** Columns of later versions, which are optional. */
const LATER_COLUMNS: Tables = { experiments: ['creation_time', 'workspace'], inputs: ['step'] };

const DATASETS = ['datasets', 'inputs', 'input_tags'];
const MODELS = ['inputs', 'logged_models', 'logged_model_params', 'logged_model_tags'];

/** The tables that make up each part of a run. */
const TABLES_OF: Readonly<Record<Exclude<RunPart, 'artifacts'>, readonly string[]>> = {
  params: ['params'],
  tags: ['tags'],
  metrics: ['metrics'],
  datasets: DATASETS,
  models: MODELS,
};

/** What this user can read of a database. */
export interface Schema {
  /** experiments.creation_time, MLflow ≥ 1.29. */
  readonly creationTime: boolean;
  /** experiments.workspace, MLflow ≥ 3.10. */
  readonly workspace: boolean;
  /** The parts of runs that can be read. Datasets exist since MLflow 2.4, models since 3.0. */
  readonly parts: ReadonlySet<RunPart>;
  /** The table latest_metrics, which matters for change detection, and if the history of a metric has been deleted. */
  readonly latest: boolean;
  /** The table logged_model_metrics (MLflow ≥ 3), which tells the datasets of points. */
  readonly measured: boolean;
  /** The parts that exist but cannot be read, with the tables that this user may not read. */
  readonly unread: ReadonlyMap<RunPart, readonly string[]>;
  /** Says so, and what an administrator can do; absent if everything can be read. */
  readonly warning?: string;
}

/**
 * Finds out which tables and columns exist, and which of them this user may read. Throws a `fatal` error if they are not MLflow's, or if
 * those of experiments and runs cannot be read.
 */
export async function probeSchema(database: Database, signal: AbortSignal): Promise<Schema> {
  const catalog = await database.catalog(Object.keys(ALL), signal);
  const hidden = Object.keys(ALL).filter((table) => isHidden(catalog, table));
  if (hidden.some((table) => table in NEEDED)) throw notAllowed(database.uri, hidden, catalog);
  for (const table of Object.keys({ ...NEEDED, ...PARTS })) {
    if (!hidden.includes(table) && !isReadable(catalog, table)) throw notMlflow(database.uri, table, catalog);
  }
  const parts = new Set<RunPart>();
  const unread = new Map<RunPart, readonly string[]>();
  for (const [part, tables] of Object.entries(TABLES_OF) as [RunPart, readonly string[]][]) {
    const mine = tables.filter((table) => hidden.includes(table));
    if (!tables.every((table) => mine.includes(table) || isReadable(catalog, table))) continue;
    if (mine.length > 0) unread.set(part, mine);
    else if (part !== 'models' || has(catalog, 'inputs', ['step'])) parts.add(part);
  }
  const needed = ['latest_metrics', 'logged_model_metrics', ...[...unread.values()].flat()];
  const asked = hidden.filter((table) => needed.includes(table));
  return {
    creationTime: has(catalog, 'experiments', ['creation_time']),
    workspace: has(catalog, 'experiments', ['workspace']),
    parts,
    latest: isReadable(catalog, 'latest_metrics'),
    measured: isReadable(catalog, 'logged_model_metrics'),
    unread,
    ...(asked.length > 0 && { warning: warningOf(database.uri, [...unread.keys()], asked, catalog) }),
  };
}

function isReadable(catalog: Catalog, table: string): boolean {
  return has(catalog, table, ALL[table] ?? []);
}

function has({ tables }: Catalog, table: string, columns: readonly string[]): boolean {
  return columns.every((column) => tables.get(table)?.readable.has(column) ?? false);
}

/** Whether a table exists and this user may not read all of it that is needed. */
function isHidden({ tables }: Catalog, table: string): boolean {
  const { readable, hidden } = tables.get(table) ?? {};
  if (readable === undefined || hidden === undefined) return false;
  const needed = ALL[table] ?? [];
  if (hidden === 'others') return needed.some((column) => !readable.has(column));
  return [...needed, ...(LATER_COLUMNS[table] ?? [])].some((column) => hidden.has(column));
}

function notAllowed(uri: string, tables: readonly string[], { grant }: Catalog): ConvertError {
  return new ConvertError(
    'fatal',
    'permission-denied',
    `The database ${uri} does not let this user read ${tables.join(', ')}.`,
    {
      where: uri,
      hint: `An administrator can allow it: ${grant(tables)}`,
    },
  );
}

function notMlflow(uri: string, table: string, { tables }: Catalog): ConvertError {
  const columns = tables.get(table)?.readable;
  const missing = columns
    ? `its table ${table} has no column ${ALL[table]?.find((name) => !columns.has(name))}`
    : `it has no table ${table}`;
  return new ConvertError('fatal', 'not-mlflow', `${uri} is not a tracking database of MLflow: ${missing}.`, {
    where: uri,
    hint: 'Give the database that MLflow tracks into. A database of MLflow before 1.4 has to be upgraded first (mlflow db upgrade).',
  });
}

function warningOf(uri: string, parts: readonly RunPart[], tables: readonly string[], { grant }: Catalog): string {
  const lost = [
    ...(parts.length > 0 ? [`the ${parts.join(', ')} of all runs stay as they are in Aim`] : []),
    ...(tables.includes('latest_metrics') ? ['metrics whose history was deleted are not noticed'] : []),
    ...(tables.includes('logged_model_metrics') ? ['points do not tell on which dataset they were measured'] : []),
  ];
  const kept = lost.join(', ');
  return `The database ${uri} does not let this user read ${tables.join(', ')}: ${kept}. An administrator can allow it: ${grant(tables)}`;
}
