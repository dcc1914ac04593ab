import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { RunProperties } from '../aim/run-properties.js';
import type { Notice } from '../model.js';
import type { KeptNotices } from '../run/task/kept-notices.js';
import { hasColumn } from '../sqlite/tables.js';
import type { AcceptedMissing } from './accepted-missing.js';
import type { LedgerEntry } from './ledger.js';

/** A converted run, and what was lost or changed in it. */
export interface RunWarnings {
  readonly runId: string;
  readonly runName?: string;
  readonly experiment: string;
  /** Those that are not accepted as missing. */
  readonly notices: readonly Notice[];
  /** The number of others. */
  readonly noticesMore?: number;
}

interface Row {
  readonly runId: string;
  readonly properties: string;
  readonly unread: string | null;
  readonly notices: string;
}

/** How many runs of a source have notices. */
export function countWarned(database: DatabaseSyncInstance, source: string): number {
  if (!hasColumn(database, 'runs', 'notices')) return 0; // the next conversion brings it up to date
  const { runs } = database
    .prepare('SELECT count(*) AS runs FROM runs WHERE source = ? AND notices IS NOT NULL AND deleted IS NULL')
    .get(source) as { runs: number };
  return runs;
}

/** The runs of a source that have notices, by experiment and name. */
export function readWarnings(
  database: DatabaseSyncInstance,
  source: string,
  accepted: AcceptedMissing,
): readonly RunWarnings[] {
  if (!hasColumn(database, 'runs', 'notices')) return [];
  const rows = database
    .prepare(
      `SELECT run_id AS runId, properties AS properties, unread AS unread, notices AS notices FROM runs
       WHERE source = ? AND notices IS NOT NULL AND deleted IS NULL`,
    )
    .iterate(source) as Iterable<unknown> as Iterable<Row>;
  const runs: RunWarnings[] = [];
  for (const row of rows) {
    const run = runWarnings(row, accepted);
    if (run.notices.length > 0) runs.push(run);
  }
  const key = ({ experiment, runName = '', runId }: RunWarnings) => `${experiment}\0${runName}\0${runId}`;
  return runs.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function runWarnings(row: Row, accepted: AcceptedMissing): RunWarnings {
  const { name, experiment } = JSON.parse(row.properties) as RunProperties;
  const { notices, more } = JSON.parse(row.notices) as KeptNotices;
  const unread = row.unread === null ? {} : (JSON.parse(row.unread) as Pick<LedgerEntry, 'unread' | 'places'>);
  return {
    runId: row.runId,
    ...(name !== undefined && { runName: name }),
    experiment: experiment.name,
    notices: accepted.notices({ runId: row.runId, ...unread }, notices),
    ...(more !== undefined && { noticesMore: more }),
  };
}
