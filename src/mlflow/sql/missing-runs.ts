import { ConvertError } from '../../errors.js';
import type { RunRef } from '../../model.js';
import { chunks } from '../common/chunks.js';
import { type Database, placeholders } from './database.js';

/** Those of these runs that the database does not have. */
export async function findMissingRuns(
  database: Database,
  runIds: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const there = new Set<string | null>();
  for (const ids of chunks(runIds, database.page)) {
    const sql = `SELECT run_uuid FROM runs WHERE run_uuid IN ${placeholders(ids.length)}`;
    const rows = await database.snapshot((query) => query(sql, ids), signal);
    for (const [runId] of rows) there.add(runId ?? null);
  }
  return runIds.filter((runId) => !there.has(runId));
}

/** The error about a run that was removed. */
export function notARun({ runId }: RunRef): ConvertError {
  return new ConvertError('not-a-run', 'run-not-found', `The database has no run ${runId}: it was removed.`);
}
