import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { RunProperties } from '../aim/run-properties.js';
import type { ToldPart } from '../outcome.js';
import type { AcceptedMissing } from './accepted-missing.js';
import type { LedgerEntry } from './ledger.js';

/** A converted run that could not be read completely. */
export interface IncompleteStatus {
  readonly runId: string;
  readonly runName?: string;
  readonly experiment: string;
  /** What could not be read and is not accepted as missing; the first hundred. */
  readonly unread: readonly ToldPart[];
  /** Where its artifacts are in MLflow, if that is known; without credentials. */
  readonly artifacts?: string;
}

/** The incomplete runs of a source, without what is accepted as missing, by experiment and name. */
export function readIncomplete(
  database: DatabaseSyncInstance,
  source: string,
  accepted: AcceptedMissing,
): IncompleteStatus[] {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version < 3) return []; // the next conversion brings it up to date
  const rows = database
    .prepare(
      `SELECT run_id AS runId, properties AS properties, unread AS unread FROM runs
       WHERE source = ? AND unread IS NOT NULL AND deleted IS NULL`,
    )
    .iterate(source) as Iterable<{ runId: string; properties: string; unread: string }>;
  const runs: IncompleteStatus[] = [];
  for (const { runId, properties, unread } of rows) {
    const { places, ...rest } = JSON.parse(unread) as Pick<LedgerEntry, 'unread' | 'places'>;
    const left = accepted.left({ runId, ...rest, ...(places && { places }) });
    if (left.length === 0) continue;
    const { name, experiment } = JSON.parse(properties) as RunProperties;
    runs.push({
      runId,
      ...(name !== undefined && { runName: name }),
      experiment: experiment.name,
      unread: left,
      ...(places?.artifacts !== undefined && { artifacts: places.artifacts }),
    });
  }
  const key = ({ experiment, runName = '', runId }: IncompleteStatus) => `${experiment}\0${runName}\0${runId}`;
  return runs.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
