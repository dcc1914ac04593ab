import type { DatasetInput } from '../../model.js';
import { chunks } from '../common/chunks.js';
import { contextAndTags } from '../common/dataset-input.js';
import { optionalField } from '../common/run-fields.js';
import { type Database, placeholders, type Query, type Row } from './database.js';
import { textOf } from './fields.js';
import { boundedText, compareTexts, type TellRun, tooLongNotice } from './long-texts.js';

/** The most rows of `datasets` in one query: each may have a schema and a profile of several megabytes. */
const DATASETS_PER_QUERY = 100;

/** Reads the datasets of each run, sorted by name and digest. Inputs of another kind (models) are not datasets. */
export async function readSqlDatasets(
  database: Database,
  query: Query,
  runIds: readonly string[],
  tell: TellRun,
): Promise<Map<string, DatasetInput[]>> {
  const ofRuns = `i.destination_type = 'RUN' AND i.source_type = 'DATASET'
     AND i.destination_id IN ${placeholders(runIds.length)}`;
  const inputs = await query(
    `SELECT i.destination_id, i.input_uuid, i.source_id FROM inputs i WHERE ${ofRuns}`,
    runIds,
  );
  if (inputs.length === 0) return new Map();
  const tags = await readInputTags(database, query, ofRuns, runIds);
  // runs often share a dataset
  const rows = await readRows(database, query, [...new Set(inputs.map(([, , id]) => id ?? ''))]);
  const datasets = new Map<string, DatasetInput[]>();
  for (const [runId, input, id] of inputs) {
    const row = rows.get(id ?? '');
    if (row === undefined) continue;
    const mine = datasets.get(runId ?? '') ?? [];
    datasets.set(runId ?? '', mine);
    const [tooLong] = [row[5], row[7], row[9]].filter((bytes) => bytes !== null);
    if (tooLong) tell(runId ?? '', tooLongNotice(database.uri, { part: 'datasets', item: row[1] ?? '' }, tooLong));
    else mine.push({ ...datasetOf(row), ...contextAndTags(tags.get(input ?? '') ?? new Map()) });
  }
  for (const mine of datasets.values()) {
    mine.sort(
      (a, b) => compareTexts(a.name, b.name) || compareTexts(a.digest, b.digest) || compareTexts(a.context, b.context),
    );
  }
  return datasets;
}

async function readInputTags(database: Database, query: Query, ofRuns: string, runIds: readonly string[]) {
  const found = await query(
    `SELECT i.input_uuid, ${database.text('t.name')}, ${database.text('t.value')}
     FROM inputs i JOIN input_tags t ON t.input_uuid = i.input_uuid WHERE ${ofRuns} ORDER BY t.name`,
    runIds,
  );
  const tags = new Map<string, Map<string, string>>();
  for (const [id, name, value] of found) {
    const mine = tags.get(id ?? '') ?? new Map<string, string>();
    tags.set(id ?? '', mine.set(name ?? '', value ?? ''));
  }
  return tags;
}

async function readRows(database: Database, query: Query, ids: readonly string[]): Promise<Map<string, Row>> {
  const columns = [
    ...['name', 'digest', 'dataset_source_type'].map((column) => database.text(column)),
    ...['dataset_source', 'dataset_schema', 'dataset_profile'].map((column) => boundedText(database, column)),
  ];
  const rows = new Map<string, Row>();
  for (const some of chunks(ids, DATASETS_PER_QUERY)) {
    const sql = `SELECT dataset_uuid, ${columns.join(', ')} FROM datasets WHERE dataset_uuid IN ${placeholders(some.length)}`;
    for (const row of await query(sql, some)) rows.set(row[0] ?? '', row);
  }
  return rows;
}

function datasetOf([, name, digest, sourceType, source, , schema, , profile]: Row): DatasetInput {
  return {
    name: name ?? '',
    digest: digest ?? '',
    ...optionalField('sourceType', textOf(sourceType)),
    ...optionalField('source', textOf(source)),
    ...optionalField('schema', textOf(schema)),
    ...optionalField('profile', textOf(profile)),
  };
}
