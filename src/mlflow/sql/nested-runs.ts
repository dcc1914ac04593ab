import type { NestedRuns } from '../../family.js';
import { chunks } from '../common/chunks.js';
import { NestingBuilder, PARENT_TAG } from '../common/nesting.js';
import { type Database, placeholders, type Query, type Row } from './database.js';
import type { Schema } from './schema.js';
import type { Schemas } from './schemas.js';

const PAGE = '5000';

/** The nested runs of all experiments, read once for each listing. */
export class SqlNesting {
  #runs: Promise<ReadonlyMap<string, NestedRuns>> | undefined;

  constructor(
    private readonly database: Database,
    private readonly schemas: Schemas,
  ) {}

  async of(experimentId: string, signal: AbortSignal): Promise<NestedRuns> {
    this.#runs ??= this.schemas.with((schema) => readNestedRuns(this.database, schema, signal), signal);
    return (await this.#runs).get(experimentId) ?? new Map();
  }

  forget(): void {
    this.#runs = undefined;
  }
}

/** By experiment. A few queries for all of them. */
async function readNestedRuns(
  database: Database,
  { parts }: Schema,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, NestedRuns>> {
  if (!parts.has('tags')) return new Map();
  return database.snapshot(async (query) => {
    const parents = await readParents(database, query);
    const builders = new Map<string, NestingBuilder>();
    const ids = new Set([...parents.keys(), ...parents.values()]);
    for (const some of chunks([...ids], database.page)) {
      const among = placeholders(some.length);
      const runs = await query(
        `SELECT run_uuid, experiment_id, ${database.text('name')}, lifecycle_stage FROM runs WHERE run_uuid IN ${among}`,
        some,
      );
      const names = new Map(await readNames(database, query, runs));
      for (const [id = '', experimentId, name, stage] of runs) {
        const builder = builders.get(experimentId ?? '') ?? new NestingBuilder();
        builders.set(experimentId ?? '', builder);
        const run = {
          name: name || names.get(id ?? ''),
          parentId: parents.get(id ?? ''),
          isDeleted: stage === 'deleted',
        };
        builder.add(id ?? '', run);
      }
      signal.throwIfAborted();
    }
    return new Map([...builders].map(([id, builder]) => [id, builder.finish()]));
  }, signal);
}

async function readParents(database: Database, query: Query): Promise<ReadonlyMap<string, string>> {
  const parents = new Map<string, string>();
  const sql = `SELECT run_uuid, ${database.text('value')} FROM tags
    WHERE "key" = '${PARENT_TAG}' AND run_uuid > ? ORDER BY run_uuid LIMIT ${PAGE}`;
  for (let last = ''; ; ) {
    const rows = await query(sql, [last]);
    for (const [id, parent] of rows) if (id && parent) parents.set(id, parent);
    const next = rows.at(-1)?.[0];
    if (!next || rows.length < Number(PAGE)) return parents;
    last = next;
  }
}

/** MLflow before 2.0 has the names of runs in a tag. */
async function readNames(database: Database, query: Query, runs: readonly Row[]): Promise<[string, string][]> {
  const nameless = runs.filter(([, , name]) => !name).map(([id]) => id ?? '');
  if (nameless.length === 0) return [];
  const rows = await query(
    `SELECT run_uuid, ${database.text('value')} FROM tags WHERE "key" = 'mlflow.runName' AND run_uuid IN ${placeholders(nameless.length)}`,
    nameless,
  );
  return rows.map(([id, name]) => [id ?? '', name ?? '']);
}
