import type { DatasetInput, LoggedModel, Notice, Run } from '../../model.js';
import { isRunStatus, optionalField, parseLifecycleStage, unknownStatus } from '../common/run-fields.js';
import { withSourceTags } from '../common/source-tags.js';
import { type Database, placeholders, type Query, type Row } from './database.js';
import { milliseconds, textOf } from './fields.js';
import { readSqlModels } from './logged-models.js';
import { boundedText, compareTexts, type TellRun, tooLongNotice } from './long-texts.js';
import { readSqlDatasets } from './run-datasets.js';
import type { Schema } from './schema.js';

/** A run at one moment. */
export interface RunHeader {
  readonly run: Run;
  readonly notices: readonly Notice[];
  /** The ids of the models that name the run as their source. */
  readonly made: readonly string[];
}

type Texts = Map<string, string>;

function runColumns(database: Database): string {
  const texts = (...columns: string[]) => columns.map((column) => database.text(column)).join(', ');
  const identity = `run_uuid, experiment_id, ${texts('name', 'user_id')}`;
  const source = texts('artifact_uri', 'entry_point_name', 'source_name', 'source_type', 'source_version');
  return `${identity}, status, start_time, end_time, lifecycle_stage, ${source}`;
}

/**
 * Reads the headers of runs. A run that does not exist is missing in the result.
 *
 * @param made the ids of the models that name these runs as their source; looked up if not given
 */
export async function readHeaders(
  database: Database,
  schema: Schema,
  runIds: readonly string[],
  signal: AbortSignal,
  made?: readonly string[],
): Promise<Map<string, RunHeader>> {
  if (runIds.length === 0) return new Map();
  return database.snapshot(async (query) => {
    const among = placeholders(runIds.length);
    const runs = await query(`SELECT ${runColumns(database)} FROM runs WHERE run_uuid IN ${among}`, runIds);
    const { parts } = schema;
    const told = new Map<string, Notice[]>();
    const tell: TellRun = (id, notice) => void told.set(id, [...(told.get(id) ?? []), notice]);
    const params = parts.has('params') ? await readTexts(database, query, 'params', runIds, tell) : new Map();
    const tags = parts.has('tags') ? await readTexts(database, query, 'tags', runIds, tell) : new Map();
    const datasets = parts.has('datasets') ? await readSqlDatasets(database, query, runIds, tell) : new Map();
    const models = parts.has('models') ? await readSqlModels(database, query, runIds, made) : new Map();
    const hidden = hiddenParts(schema, database.uri);
    return new Map(
      runs.map((row) => {
        const id = row[0] ?? '';
        const header = {
          params: params.get(id),
          tags: tags.get(id),
          datasets: datasets.get(id),
          models: models.get(id),
        };
        return [id, headerOf(row, database.uri, header, [...hidden, ...(told.get(id) ?? [])])];
      }),
    );
  }, signal);
}

interface Parts {
  readonly params: Texts | undefined;
  readonly tags: Texts | undefined;
  readonly datasets: DatasetInput[] | undefined;
  readonly models: { readonly models: readonly LoggedModel[]; readonly made: readonly string[] } | undefined;
}

/** Notices, for every run, about the parts that this user may not read. */
function hiddenParts({ unread }: Schema, file: string): Notice[] {
  return [...unread].map(([part, tables]) => {
    const detail = `Permission denied for ${tables.join(', ')}.`;
    return { kind: 'field-unreadable', field: part, file, detail, unread: { part } };
  });
}

function headerOf(
  row: Row,
  uri: string,
  { params, tags, datasets, models }: Parts,
  told: readonly Notice[],
): RunHeader {
  const [id, experimentId, name, user, status, start, end, stage, artifactUri, entryPoint, ...source] = row;
  const [sourceName, type, version] = source.map((value) => textOf(value ?? null));
  const known = status === null || status === undefined || isRunStatus(status);
  const detail = unknownStatus(status);
  return {
    run: {
      id: id ?? '',
      experimentId: experimentId ?? '',
      ...optionalField('name', textOf(name)),
      status: known ? (status ?? 'RUNNING') : 'RUNNING',
      lifecycleStage: parseLifecycleStage(stage),
      ...optionalField('startTime', milliseconds(start)),
      ...optionalField('endTime', milliseconds(end)),
      ...optionalField('userId', textOf(user)),
      ...optionalField('artifactUri', textOf(artifactUri)),
      ...optionalField('entryPoint', textOf(entryPoint)),
      params: params ?? new Map(),
      tags: withSourceTags(tags ?? new Map(), { name: sourceName, type, version }),
      datasets: datasets ?? [],
      models: models?.models ?? [],
    },
    notices: known ? told : [{ kind: 'field-unreadable', field: 'status', file: uri, detail }, ...told],
    made: models?.made ?? [],
  };
}

/** Reads params or tags, sorted by key. A NULL value is an empty one. */
async function readTexts(
  database: Database,
  query: Query,
  part: 'params' | 'tags',
  runIds: readonly string[],
  tell: TellRun,
): Promise<Map<string, Texts>> {
  const texts = new Map<string, Texts>();
  const columns = `run_uuid, ${database.text('"key"')}, ${boundedText(database, 'value')}`;
  const rows = await query(`SELECT ${columns} FROM ${part} WHERE run_uuid IN ${placeholders(runIds.length)}`, runIds);
  for (const [id, key, value, tooLong] of rows.toSorted((a, b) => compareTexts(a[1], b[1]))) {
    const mine = texts.get(id ?? '') ?? new Map<string, string>();
    texts.set(id ?? '', mine);
    if (tooLong) tell(id ?? '', tooLongNotice(database.uri, { part, item: key ?? '' }, tooLong));
    else mine.set(key ?? '', value ?? '');
  }
  return texts;
}
