import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { Repository } from '../aim/repository.js';
import { type LockOwner, RepositoryLock } from '../aim/repository-lock.js';
import { ConvertError, type ErrorCode } from '../errors.js';
import type { RunReport } from '../outcome.js';
import { BUSY_TIMEOUT } from '../sqlite/driver.js';
import { isDamage, sqliteFailure } from '../sqlite/errors.js';
import { hasColumn, hasTable } from '../sqlite/tables.js';
import { AcceptedMissing } from './accepted-missing.js';
import { type FailedExperiment, readFailedExperiments } from './failed-experiments.js';
import { type IncompleteStatus, readIncomplete } from './incomplete-status.js';
import { countWarned, type RunWarnings, readWarnings } from './run-warnings.js';

/** A run that failed or was skipped, so that Aim may not have its latest state. Times are milliseconds since the epoch. */
export interface OutdatedRun {
  readonly runId: string;
  readonly runName?: string;
  readonly experiment: string;
  readonly outcome: 'failed' | 'skipped';
  /** Absent if an earlier version has written the journal. */
  readonly code?: NonNullable<RunReport['code']>;
  /** The file, URI or run that the error is about. */
  readonly where?: string;
  /** A sentence, where an error was the cause. */
  readonly reason?: string;
  /** What is wrong with its files in Aim, as the end of a sentence. */
  readonly damage?: string;
  readonly since: number;
}

/** Why a source cannot be read. Time in milliseconds since the epoch. */
export interface SourceError {
  readonly code: ErrorCode;
  /** A sentence. */
  readonly message: string;
  readonly since: number;
}

/** What a repository holds from one source. */
export interface SourceStatus {
  /** The tracking URI, without credentials. */
  readonly source: string;
  /** Converted runs. */
  readonly runs: number;
  /** Those that were active in MLflow when last read. */
  readonly active: number;
  /** Those that MLflow has deleted since. */
  readonly deleted: number;
  /** When the source was last read without an error; later changes are not in Aim yet. */
  readonly lastSyncedAt?: number;
  /** When the source was last read to its end. */
  readonly completeAt?: number;
  /** Of a running watch: the milliseconds after that within which it should have been read again. */
  readonly nextWithin?: number;
  /** When something was last written. */
  readonly changedAt?: number;
  /** Why it cannot be read, and since when. */
  readonly error?: SourceError;
  /** The first hundred. */
  readonly outdatedRuns: readonly OutdatedRun[];
  readonly failed: number;
  readonly skipped: number;
  /** Incomplete runs, without what is accepted as missing. */
  readonly incomplete: number;
  /** Each of those; absent unless requested. */
  readonly incompleteRuns?: readonly IncompleteStatus[];
  /** Converted runs of which something was lost or changed. */
  readonly withWarnings: number;
  /** Each of those; absent unless requested. */
  readonly warnings?: readonly RunWarnings[];
  /** Experiments that could not be read in the last complete pass. */
  readonly failedExperiments: readonly FailedExperiment[];
}

export interface Status {
  /** The directory that holds `.aim`. */
  readonly repo: string;
  /** The process that is writing the repository now. */
  readonly writer?: LockOwner;
  readonly sources: readonly SourceStatus[];
  /** What `--accept-missing` named: run ids, paths, URIs. */
  readonly accepted: readonly string[];
}

export interface StatusOptions {
  /** Whether to name each incomplete run. */
  readonly incomplete?: boolean;
  /** Whether to name each run of which something was lost or changed. */
  readonly warnings?: boolean;
}

/**
 * Whether the running watch is overdue with this source although nothing has failed.
 *
 * @param now milliseconds since the epoch
 */
export function isStalled({ writer }: Status, source: SourceStatus, now: number): boolean {
  const { lastSyncedAt, nextWithin, error } = source;
  if (writer === undefined || error !== undefined || lastSyncedAt === undefined || nextWithin === undefined)
    return false;
  return now - lastSyncedAt > nextWithin;
}

const TROUBLES_NAMED = 100;

/**
 * Reads what is known about an Aim repository, while a conversion or watch may be running. Touches no source. Throws a
 * `fatal` error if there is no repository, or nothing was ever converted into it.
 */
export async function readStatus(directory: string, options: StatusOptions = {}): Promise<Status> {
  const repository = Repository.find(directory);
  const repo = dirname(repository.path);
  if (!existsSync(repository.ledgerFile)) {
    throw new ConvertError(
      'fatal',
      'never-converted',
      `Nothing was ever converted into the Aim repository in ${repo}.`,
      {
        hint: 'Was it another directory? Its ledger may also have been removed; the next conversion makes it anew.',
      },
    );
  }
  const writer = RepositoryLock.owner(repository.lockFile);
  const known = readLedger(repository.ledgerFile, options);
  return { repo, ...(writer !== undefined && { writer }), ...known };
}

function readLedger(file: string, asked: StatusOptions): Pick<Status, 'sources' | 'accepted'> {
  try {
    const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT });
    try {
      const accepted = hasTable(database, 'accepted') ? AcceptedMissing.read(database) : AcceptedMissing.NOTHING;
      const rows = database
        .prepare(
          `SELECT source AS source FROM runs UNION
           SELECT source AS source FROM ${hasTable(database, 'sources') ? 'sources' : 'runs'} ORDER BY 1`,
        )
        .all() as { source: string }[];
      const sources = rows.map(({ source }) => {
        const runs = readIncomplete(database, source, accepted);
        return {
          ...readSource(database, source),
          incomplete: runs.length,
          ...(asked.incomplete && { incompleteRuns: runs }),
          ...(asked.warnings && { warnings: readWarnings(database, source, accepted) }),
        };
      });
      return { sources, accepted: accepted.names };
    } finally {
      database.close();
    }
  } catch (cause) {
    if (!isDamage(cause)) throw sqliteFailure(file, cause);
    throw new ConvertError('fatal', 'damaged-file', `The ledger ${file} is damaged.`, {
      cause,
      hint: 'The next conversion keeps it aside and makes a new one.',
    });
  }
}

function readSource(
  database: DatabaseSyncInstance,
  source: string,
): Omit<SourceStatus, 'incomplete' | 'incompleteRuns' | 'warnings'> {
  const counts = database
    .prepare(
      `SELECT count(*) AS runs, coalesce(sum(active = 1 AND deleted IS NULL), 0) AS active,
              count(deleted) AS deleted FROM runs WHERE source = ?`,
    )
    .get(source) as { runs: number; active: number; deleted: number };
  const journal = hasTable(database, 'sources')
    ? (database.prepare('SELECT * FROM sources WHERE source = ?').get(source) as JournalRow | undefined)
    : undefined;
  return {
    source,
    runs: counts.runs,
    active: counts.active,
    deleted: counts.deleted,
    ...(journal?.looked_at != null && { lastSyncedAt: journal.looked_at }),
    ...(journal?.complete_at != null && { completeAt: journal.complete_at }),
    ...(journal?.next_within != null && { nextWithin: journal.next_within }),
    ...(journal?.changed_at != null && { changedAt: journal.changed_at }),
    ...sourceError(journal),
    ...readOutdated(database, source),
    withWarnings: countWarned(database, source),
    failedExperiments: readFailedExperiments(database, source),
  };
}

function sourceError(journal: JournalRow | undefined): Pick<SourceStatus, 'error'> {
  if (journal?.trouble == null) return {};
  const { trouble, trouble_code: code, trouble_since: since } = journal;
  return {
    error: { code: (code as ErrorCode | null | undefined) ?? 'unexpected', message: trouble, since: since ?? 0 },
  };
}

interface JournalRow {
  readonly looked_at: number | null;
  readonly changed_at: number | null;
  /** These three are missing if an earlier version wrote the journal. */
  readonly complete_at?: number | null;
  readonly next_within?: number | null;
  readonly trouble_code?: string | null;
  readonly trouble: string | null;
  readonly trouble_since: number | null;
}

function readOutdated(
  database: DatabaseSyncInstance,
  source: string,
): Pick<SourceStatus, 'outdatedRuns' | 'failed' | 'skipped'> {
  if (!hasTable(database, 'troubles')) return { outdatedRuns: [], failed: 0, skipped: 0 };
  const counts = database
    .prepare(
      `SELECT coalesce(sum(outcome = 'failed'), 0) AS failed, coalesce(sum(outcome = 'skipped'), 0) AS skipped
       FROM troubles WHERE source = ?`,
    )
    .get(source) as { failed: number; skipped: number };
  const later = hasColumn(database, 'troubles', 'code')
    ? 'code AS code, place AS "where", damage AS damage'
    : 'NULL AS code';
  const rows = database
    .prepare(
      `SELECT run_id AS runId, run_name AS runName, experiment AS experiment, outcome AS outcome, ${later},
              nullif(reason, '') AS reason, since AS since FROM troubles WHERE source = ? ORDER BY outcome, since, run_id LIMIT ${TROUBLES_NAMED}`,
    )
    .all(source) as Record<string, unknown>[];
  const outdatedRuns = rows.map(
    (row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as unknown as OutdatedRun,
  );
  return { outdatedRuns, ...counts };
}
