import type { Warn } from '../../events.js';
import type { Experiment } from '../../model.js';
import { optionalField, parseLifecycleStage } from '../common/run-fields.js';
import { type Database, placeholders, type Query, type Row } from './database.js';
import { milliseconds, textOf } from './fields.js';
import type { Schema } from './schema.js';

/** MLflow's workspace for clients that do not name one. */
const DEFAULT_WORKSPACE = 'default';

/**
 * Reads the experiments of one workspace, sorted by id; all experiments if the database has no workspaces. Calls `warn` if there are
 * experiments in other workspaces.
 */
export async function* readExperiments(
  database: Database,
  schema: Schema,
  workspace: string | undefined,
  warn: Warn,
  signal: AbortSignal,
): AsyncGenerator<Experiment, void, void> {
  const wanted = workspace ?? DEFAULT_WORKSPACE;
  if (schema.workspace) await warnOfOthers(database, wanted, warn, signal);
  const columns = ['experiment_id', database.text('name'), database.text('artifact_location'), 'lifecycle_stage'];
  const select = `SELECT ${columns.join(', ')}, ${schema.creationTime ? 'creation_time' : 'NULL'} FROM experiments`;
  const mine = schema.workspace ? 'workspace = ? AND ' : '';
  let last: string | undefined;
  for (;;) {
    const [rows, tags] = await database.snapshot(async (query) => {
      const after = last === undefined ? '1 = 1' : 'experiment_id > ?';
      const found = await query(`${select} WHERE ${mine}${after} ORDER BY experiment_id LIMIT ${database.page}`, [
        ...(schema.workspace ? [wanted] : []),
        ...(last === undefined ? [] : [last]),
      ]);
      return [found, await readTags(database, query, found)] as const;
    }, signal);
    for (const row of rows) yield experimentOf(row, tags.get(row[0] ?? '') ?? new Map());
    if (rows.length < database.page) return;
    last = rows.at(-1)?.[0] ?? undefined;
  }
}

function experimentOf([id, name, location, stage, creationTime]: Row, tags: ReadonlyMap<string, string>): Experiment {
  return {
    id: id ?? '',
    name: name ?? '',
    lifecycleStage: parseLifecycleStage(stage),
    ...optionalField('artifactLocation', textOf(location)),
    ...optionalField('creationTime', milliseconds(creationTime)),
    tags,
  };
}

async function readTags(database: Database, query: Query, experiments: readonly Row[]) {
  const tags = new Map<string, Map<string, string>>();
  if (experiments.length === 0) return tags;
  const sql = `SELECT experiment_id, ${database.text('"key"')}, ${database.text('value')} FROM experiment_tags`;
  const ids = experiments.map(([id]) => id ?? '');
  for (const [id, key, value] of await query(`${sql} WHERE experiment_id IN ${placeholders(ids.length)}`, ids)) {
    const mine = tags.get(id ?? '') ?? new Map<string, string>();
    tags.set(id ?? '', mine.set(key ?? '', value ?? ''));
  }
  return tags;
}

async function warnOfOthers(database: Database, wanted: string, warn: Warn, signal: AbortSignal): Promise<void> {
  const sql = 'SELECT workspace, count(*) FROM experiments WHERE workspace <> ? GROUP BY workspace ORDER BY workspace';
  const others = await database.snapshot((query) => query(sql, [wanted]), signal);
  if (others.length === 0) return;
  const names =
    others
      .slice(0, 10)
      .map(([name]) => name)
      .join(', ') + (others.length > 10 ? ', …' : '');
  const experiments = others.reduce((sum, [, count]) => sum + Number(count), 0);
  const message = `Only the workspace ${wanted} is read; ${others.length} others contain ${experiments} more experiments (${names}).`;
  warn({ code: 'other-workspaces', message });
}
