import type { LoggedModel } from '../../model.js';
import { chunks } from '../common/chunks.js';
import { optionalField } from '../common/run-fields.js';
import { type Database, placeholders, type Query, type Row } from './database.js';
import { textOf } from './fields.js';

/** mlflow.entities.LoggedModelStatus, as stored in the column. */
const MODEL_STATUS: ReadonlyMap<string, string> = new Map([
  ['0', 'UNSPECIFIED'],
  ['1', 'PENDING'],
  ['2', 'READY'],
  ['3', 'FAILED'],
]);

export interface RunModels {
  /** Sorted by id. */
  readonly models: readonly LoggedModel[];
  /** The ids of those that name the run as their source. */
  readonly made: readonly string[];
}

interface Link {
  readonly runId: string;
  /** Null if the model is not among the run's outputs. */
  readonly step: string | null;
}

/**
 * Reads the models of each run (MLflow ≥ 3): those among its outputs, with their step, and those that name the run as their source. Leaves
 * out deleted models, as MLflow does.
 *
 * @param made the ids of the latter, if known: the database has no index for them
 */
export async function readSqlModels(
  database: Database,
  query: Query,
  runIds: readonly string[],
  made?: readonly string[],
): Promise<Map<string, RunModels>> {
  const among = placeholders(runIds.length);
  const outputs = await query(
    `SELECT source_id, destination_id, step FROM inputs
     WHERE source_type = 'RUN_OUTPUT' AND destination_type = 'MODEL_OUTPUT' AND source_id IN ${among}`,
    runIds,
  );
  const sources =
    made !== undefined
      ? made.map((id): Row => [runIds[0] ?? '', id])
      : await query(`SELECT source_run_id, model_id FROM logged_models WHERE source_run_id IN ${among}`, runIds);
  const links = new Map<string, Link[]>();
  const link = (modelId: string, runId: string, step: string | null): void => {
    const known = links.get(modelId) ?? [];
    if (!known.some((other) => other.runId === runId)) links.set(modelId, [...known, { runId, step }]);
  };
  for (const [runId, modelId, step] of outputs) link(modelId ?? '', runId ?? '', step ?? null);
  for (const [runId, modelId] of sources) link(modelId ?? '', runId ?? '', null);

  const found = new Map<string, { models: LoggedModel[]; made: string[] }>();
  const of = (runId: string) => {
    const mine = found.get(runId) ?? { models: [], made: [] };
    found.set(runId, mine);
    return mine;
  };
  for (const [runId, modelId] of sources) of(runId ?? '').made.push(modelId ?? '');
  for (const { model, runId, step } of await readLinked(database, query, links)) {
    of(runId).models.push({ ...model, ...optionalField('step', step === null ? undefined : BigInt(step)) });
  }
  return found;
}

async function readLinked(database: Database, query: Query, links: ReadonlyMap<string, readonly Link[]>) {
  const ids = [...links.keys()].sort();
  const linked: { model: LoggedModel; runId: string; step: string | null }[] = [];
  for (const some of chunks(ids, database.page)) {
    const among = placeholders(some.length);
    const rows = await query(
      `SELECT model_id, name, model_type, status, artifact_location FROM logged_models
       WHERE (lifecycle_stage IS NULL OR lifecycle_stage <> 'deleted') AND model_id IN ${among}`,
      some,
    );
    const params = await readTexts(database, query, 'param', some);
    const tags = await readTexts(database, query, 'tag', some);
    for (const row of rows.toSorted((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1))) {
      const id = row[0] ?? '';
      const model = modelOf(row, params.get(id) ?? new Map(), tags.get(id) ?? new Map());
      for (const { runId, step } of links.get(id) ?? []) linked.push({ model, runId, step });
    }
  }
  return linked;
}

function modelOf(
  [id, name, type, status, artifactUri]: Row,
  params: ReadonlyMap<string, string>,
  tags: ReadonlyMap<string, string>,
): LoggedModel {
  const known = textOf(status);
  return {
    modelId: id ?? '',
    ...optionalField('name', textOf(name)),
    ...optionalField('type', textOf(type)),
    ...optionalField('status', known === undefined ? undefined : (MODEL_STATUS.get(known) ?? known)),
    ...optionalField('artifactUri', textOf(artifactUri)),
    params,
    tags,
  };
}

async function readTexts(
  database: Database,
  query: Query,
  what: 'param' | 'tag',
  modelIds: readonly string[],
): Promise<Map<string, Map<string, string>>> {
  const columns = `model_id, ${database.text(`${what}_key`)}, ${database.text(`${what}_value`)}`;
  const rows = await query(
    `SELECT ${columns} FROM logged_model_${what}s WHERE model_id IN ${placeholders(modelIds.length)}`,
    modelIds,
  );
  const texts = new Map<string, Map<string, string>>();
  for (const [id, key, value] of rows.toSorted((a, b) => ((a[1] ?? '') < (b[1] ?? '') ? -1 : 1))) {
    const mine = texts.get(id ?? '') ?? new Map<string, string>();
    texts.set(id ?? '', mine.set(key ?? '', value ?? ''));
  }
  return texts;
}
