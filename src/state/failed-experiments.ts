import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { ErrorCode } from '../errors.js';
import { hasColumn, hasTable } from '../sqlite/tables.js';

/** An experiment that could not be read in the last complete pass. Time in milliseconds since the epoch. */
export interface FailedExperiment {
  /** Absent if an earlier version has written the journal, as is `code`. */
  readonly id?: string;
  readonly code?: ErrorCode;
  /** A sentence. */
  readonly message: string;
  readonly since: number;
}

/** The experiments of a source that could not be read in the last complete pass, the one that fails longest first. */
export function readFailedExperiments(database: DatabaseSyncInstance, source: string): FailedExperiment[] {
  if (!hasTable(database, 'unread')) return [];
  const later = hasColumn(database, 'unread', 'code') ? 'experiment AS id, code AS code' : 'NULL AS id, NULL AS code';
  const rows = database
    .prepare(`SELECT ${later}, message AS message, since AS since FROM unread WHERE source = ? ORDER BY since, message`)
    .all(source) as { id: string | null; code: ErrorCode | null; message: string; since: number }[];
  return rows.map(({ id, code, message, since }) => ({
    ...(id !== null && { id }),
    ...(code !== null && { code }),
    message,
    since,
  }));
}
