import type { LaterTable } from '../schema.js';

/** The revisions of MLflow's schema before datasets (7f2a7d5fae7d, MLflow 2.4), from mlflow/store/db_migrations/versions. */
const BEFORE_DATASETS = [
  '451aebb31d03',
  '90e64c465722',
  '181f10493468',
  'df50e92ffc5e',
  '7ac759974ad8',
  '89d4b8295536',
  '2b4d017a5e9b',
  'cfd24bdc0731',
  '0a8213491aaa',
  '728d730b5ebd',
  '27a6a02d2cf1',
  '84291f40a231',
  'a8c4a736bde6',
  '39d1c3be5f05',
  'c48cb773bb87',
  'bd07f7e963c5',
  '0c779009ac13',
  'cc1f77228345',
  '97727af70f4d',
  '3500859a5d39',
];

/** Those before a run's outputs had a step (6953534de441, MLflow 3.0), which came right after logged models. */
const BEFORE_MODELS = [
  ...BEFORE_DATASETS,
  '7f2a7d5fae7d',
  '2d6e25af4d3e',
  'acf3f17fdcc7',
  '867495a8f9d4',
  '5b0e9adcef9c',
  '4465047574b1',
  'f5a4f2784254',
  '0584bdc529eb',
  '400f98739977',
];

const OLDER_THAN: Readonly<Record<LaterTable, ReadonlySet<string>>> = {
  datasets: new Set(BEFORE_DATASETS),
  inputs: new Set(BEFORE_DATASETS),
  input_tags: new Set(BEFORE_DATASETS),
  logged_models: new Set(BEFORE_MODELS),
  logged_model_params: new Set(BEFORE_MODELS),
  logged_model_tags: new Set(BEFORE_MODELS),
  logged_model_metrics: new Set(BEFORE_MODELS),
};

/**
 * Whether a schema is older than a table: by its revision, if that can be read, and otherwise by the columns of `experiments`. Without
 * `creation_time`, which came shortly before datasets (MLflow 1.29), it has none of the later tables.
 *
 * @param revision `alembic_version.version_num`; unknown ones are newer
 */
export function isOlderThan(
  table: string,
  revision: string | undefined,
  experiments: ReadonlySet<string> | undefined,
): boolean {
  if (!isLater(table)) return false;
  if (revision !== undefined) return OLDER_THAN[table].has(revision);
  return experiments !== undefined && !experiments.has('creation_time');
}

function isLater(table: string): table is LaterTable {
  return Object.hasOwn(OLDER_THAN, table);
}
