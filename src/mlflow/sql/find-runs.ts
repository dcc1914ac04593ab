import { ConvertError } from '../../errors.js';
import type { Experiment, RunRef } from '../../model.js';
import { chunks } from '../common/chunks.js';
import { isRunStatus, optionalField, parseLifecycleStage } from '../common/run-fields.js';
import { type FoundRun, meetsConditions, type RunSearch } from '../common/run-search.js';
import type { FilterMatcher, SearchedDataset, SearchedFields } from '../search/filter-matcher.js';
import { SERVER_LIKE, SQLITE_LIKE } from '../search/like.js';
import { SearchMatchers } from '../search/search-matchers.js';
import { type Database, placeholders, type Query, type Row } from './database.js';
import { milliseconds, textOf } from './fields.js';
import type { Schema } from './schema.js';
import type { Schemas } from './schemas.js';

const RUN_NAME_TAG = 'mlflow.runName';

/** Runs that were found, by their ids. */
type FoundRuns = ReadonlyMap<string, Omit<FoundRun, 'ref'>>;

/** Finds runs that meet the conditions of a search. */
export class SqlRunFinder {
  readonly #matchers: SearchMatchers;

  constructor(
    private readonly database: Database,
    private readonly schemas: Schemas,
  ) {
    this.#matchers = new SearchMatchers(database.file === undefined ? SERVER_LIKE : SQLITE_LIKE);
  }

  /** @param references lists runs by their ids; only for those that were found */
  async *search(
    experiment: Experiment,
    search: RunSearch,
    references: (ids: readonly string[]) => AsyncIterable<RunRef>,
    signal: AbortSignal,
  ): AsyncGenerator<FoundRun, void, void> {
    this.#matchers.of(search); // a filter that is wrong is refused even if there is no run
    for await (const page of this.#candidates(experiment, search, signal)) {
      const find = (schema: Schema) => this.#find(schema, experiment, page, search, signal);
      const found = await this.schemas.with(find, signal);
      const ids = page.filter((runId) => found.has(runId));
      if (ids.length === 0) continue;
      for await (const ref of references(ids)) yield { ref, ...found.get(ref.runId)! };
    }
  }

  /** The ids of runs that may meet the conditions, a page at a time. */
  #candidates({ id }: Experiment, { runIds }: RunSearch, signal: AbortSignal) {
    if (runIds === undefined) return this.database.runIds(id, 'all', signal);
    return chunks([...runIds].sort(), this.database.page);
  }

  /**
   * Those of these runs that belong to the experiment and meet all conditions. Reads their rows, and of params, tags, datasets and latest
   * metrics only what the conditions need; no history.
   */
  async #find(
    schema: Schema,
    experiment: Experiment,
    runIds: readonly string[],
    search: RunSearch,
    signal: AbortSignal,
  ): Promise<FoundRuns> {
    const { database } = this;
    const matcher = this.#matchers.of(search);
    if (matcher !== undefined) checkReadable(matcher, schema, database.uri);
    return database.snapshot(async (query) => {
      const rows = (await readRows(database, query, runIds)).filter((row) => row.experimentId === experiment.id);
      const ids = rows.map(({ runId }) => runId);
      const fields = await readFields(database, query, schema, { ids, tags: tagKeys(search, matcher), matcher });
      const found = new Map<string, Omit<FoundRun, 'ref'>>();
      for (const row of rows) {
        const { runId, startTime, isDeleted } = row;
        const status = isRunStatus(row.status) ? row.status : 'RUNNING';
        const name = row.name ?? fields.tags.get(runId)?.get(RUN_NAME_TAG);
        if (!meetsConditions(search, { runId, name, status, startTime })) continue;
        if (matcher !== undefined && !(await matcher.matches(searchedFields(row, fields)))) continue;
        found.set(runId, { isDeleted, ...optionalField('startTime', startTime) });
      }
      return found;
    }, signal);
  }
}

/** Of the table runs. */
interface RunRow {
  readonly runId: string;
  readonly experimentId: string;
  readonly name: string | undefined;
  readonly status: string;
  readonly startTime: number | undefined;
  readonly isDeleted: boolean;
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
}

async function readRows(database: Database, query: Query, runIds: readonly string[]): Promise<RunRow[]> {
  const texts = ['name', 'user_id', 'artifact_uri'].map((column) => database.text(column)).join(', ');
  const rows = await query(
    `SELECT run_uuid, experiment_id, status, start_time, end_time, lifecycle_stage, ${texts} FROM runs
     WHERE run_uuid IN ${placeholders(runIds.length)}`,
    runIds,
  );
  return rows.map(rowOf);
}

function rowOf([runId, experimentId, status, start, end, stage, name, user, artifactUri]: Row): RunRow {
  return {
    runId: runId ?? '',
    experimentId: experimentId ?? '',
    name: textOf(name),
    status: status ?? 'RUNNING',
    startTime: milliseconds(start),
    isDeleted: parseLifecycleStage(stage) === 'deleted',
    attributes: {
      run_id: runId ?? undefined,
      status: status ?? undefined,
      start_time: milliseconds(start),
      end_time: milliseconds(end),
      user_id: user ?? undefined,
      artifact_uri: artifactUri ?? undefined,
    },
  };
}

type ByRun<Value> = ReadonlyMap<string, ReadonlyMap<string, Value>>;

interface FieldsByRun {
  readonly params: ByRun<string>;
  readonly tags: ByRun<string>;
  readonly metrics: ByRun<number>;
  readonly datasets: ReadonlyMap<string, readonly SearchedDataset[]>;
}

interface Needed {
  readonly ids: readonly string[];
  readonly tags: readonly string[];
  readonly matcher: FilterMatcher | undefined;
}

async function readFields(
  database: Database,
  query: Query,
  { parts }: Schema,
  { ids, tags, matcher }: Needed,
): Promise<FieldsByRun> {
  const values = async (table: string, keys: readonly string[], columns: string) => {
    const read: Row[] = [];
    const sql = `SELECT run_uuid, ${database.text('"key"')}, ${columns} FROM ${table}`;
    for (const some of chunks(keys.length === 0 ? [] : ids, database.page)) {
      const where = `"key" IN ${placeholders(keys.length)} AND run_uuid IN ${placeholders(some.length)}`;
      read.push(...(await query(`${sql} WHERE ${where}`, [...keys, ...some])));
    }
    return read;
  };
  const text = ([value]: Row): string => value ?? '';
  const latest = ([value, isNan]: Row): number => (isNan === '1' ? Number.NaN : Number(value));
  return {
    params: byRun(await values('params', matcher?.keys('param') ?? [], database.text('value')), text),
    tags: byRun(parts.has('tags') ? await values('tags', tags, database.text('value')) : [], text),
    metrics: byRun(
      await values('latest_metrics', matcher?.keys('metric') ?? [], 'value, CASE WHEN is_nan THEN 1 ELSE 0 END'),
      latest,
    ),
    datasets:
      matcher?.keys('dataset').length && parts.has('datasets') ? await readDatasets(database, query, ids) : new Map(),
  };
}

function byRun<Value>(rows: readonly Row[], read: (columns: Row) => Value): ByRun<Value> {
  const fields = new Map<string, Map<string, Value>>();
  for (const [runId, key, ...columns] of rows) {
    const mine = fields.get(runId ?? '') ?? new Map<string, Value>();
    fields.set(runId ?? '', mine.set(key ?? '', read(columns)));
  }
  return fields;
}

async function readDatasets(database: Database, query: Query, ids: readonly string[]) {
  const datasets = new Map<string, SearchedDataset[]>();
  if (ids.length === 0) return datasets;
  const columns = ['d.name', 'd.digest', 't.value'].map((column) => database.text(column)).join(', ');
  const rows = await query(
    `SELECT i.destination_id, ${columns} FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id
     LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'
     WHERE i.destination_id IN ${placeholders(ids.length)}`,
    ids,
  );
  for (const [runId, name, digest, context] of rows) {
    const mine = datasets.get(runId ?? '') ?? [];
    datasets.set(runId ?? '', mine);
    mine.push({ name: name ?? '', digest: digest ?? '', ...optionalField('context', context ?? undefined) });
  }
  return datasets;
}

/** For MLflow, the run name that filters ask for is that of the tag. */
function searchedFields({ runId, attributes }: RunRow, fields: FieldsByRun): SearchedFields {
  return {
    attribute: (key) => (key === 'run_name' ? fields.tags.get(runId)?.get(RUN_NAME_TAG) : attributes[key]),
    text: (part, key) => (part === 'param' ? fields.params : fields.tags).get(runId)?.get(key),
    datasets: () => fields.datasets.get(runId) ?? [],
    metric: (key) => fields.metrics.get(runId)?.get(key),
  };
}

function tagKeys(search: RunSearch, matcher: FilterMatcher | undefined): string[] {
  const needsName = search.isNamed !== undefined || matcher?.keys('attribute').includes('run_name');
  return [...new Set([...(matcher?.keys('tag') ?? []), ...(needsName ? [RUN_NAME_TAG] : [])])];
}

/** Without the right to read what a filter asks for, it would match nothing, or everything. */
function checkReadable(matcher: FilterMatcher, { unread, latest }: Schema, uri: string): void {
  const asks = (type: Parameters<FilterMatcher['keys']>[0]) => matcher.keys(type).length > 0;
  const tables = [
    ...(asks('param') ? (unread.get('params') ?? []) : []),
    ...(asks('tag') || matcher.keys('attribute').includes('run_name') ? (unread.get('tags') ?? []) : []),
    ...(asks('dataset') ? (unread.get('datasets') ?? []) : []),
    ...(asks('metric') && !latest ? ['latest_metrics'] : []),
  ];
  if (tables.length === 0) return;
  throw new ConvertError(
    'fatal',
    'permission-denied',
    `The filter asks for what the database ${uri} does not let this user read: ${tables.join(', ')}.`,
    { where: uri, hint: 'An administrator can grant it, or the filter can do without.' },
  );
}
