import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { Finding, Report, StructureCode } from '../contents.js';

const FILE = 'run_metadata.sqlite';

/** How Aim writes a time; SQLite itself would take anything. */
const TIME = '____-__-__ __:__:__.______';

interface RowCheck {
  readonly code: StructureCode;
  /** Aim itself leaves such rows behind, where they do no harm. */
  readonly severity: Finding['severity'];
  /** The column that is wrong. */
  readonly record: string;
  readonly expected: string;
  /** Selects `found`, and `run` where it is known. */
  readonly query: string;
}

const CHECKS: readonly RowCheck[] = [
  {
    code: 'row-dangling',
    severity: 'error',
    record: 'run.experiment_id',
    expected: 'the number of an experiment',
    query: `SELECT hash AS run, experiment_id AS found FROM run
      WHERE experiment_id IS NOT NULL AND experiment_id NOT IN (SELECT id FROM experiment)`,
  },
  {
    code: 'row-dangling',
    severity: 'error',
    record: 'run_tag.tag_id',
    expected: 'the number of a label',
    query: `SELECT r.hash AS run, x.tag_id AS found FROM run_tag x JOIN run r ON r.id = x.run_id
      WHERE x.tag_id NOT IN (SELECT id FROM tag)`,
  },
  {
    code: 'row-dangling',
    severity: 'note',
    record: 'run_tag.run_id',
    expected: 'the number of a run',
    query: 'SELECT run_id AS found FROM run_tag WHERE run_id NOT IN (SELECT id FROM run)',
  },
  {
    code: 'row-dangling',
    severity: 'note',
    record: 'note.run_id',
    expected: 'the number of a run',
    query: 'SELECT run_id AS found FROM note WHERE run_id IS NOT NULL AND run_id NOT IN (SELECT id FROM run)',
  },
  {
    code: 'row-malformed',
    severity: 'error',
    record: 'run.created_at',
    expected: 'a time',
    query: `SELECT hash AS run, COALESCE(created_at, 'nothing') AS found FROM run
      WHERE created_at IS NULL OR created_at NOT LIKE '${TIME}' OR julianday(created_at) IS NULL`,
  },
  {
    code: 'row-malformed',
    severity: 'error',
    record: 'run.is_archived',
    expected: '0 or 1',
    query: `SELECT hash AS run, is_archived AS found FROM run
      WHERE is_archived IS NOT NULL AND is_archived NOT IN (0, 1)`,
  },
];

interface Found {
  readonly run?: string;
  readonly found: unknown;
}

/** Of one check so many rows are told one by one. */
const MOST_OF_A_KIND = 100;

/** Checks the file and its rows among each other. Throws SQLite's error when it cannot be read. */
export function checkRows(database: DatabaseSyncInstance, report: Report): void {
  const verdicts = database.prepare('PRAGMA integrity_check(10)').all() as { integrity_check: string }[];
  for (const { integrity_check: found } of verdicts) {
    if (found !== 'ok') report({ code: 'rows-damaged', severity: 'error', file: FILE, found });
  }
  for (const { query, ...finding } of CHECKS) {
    const rows = database.prepare(`${query} LIMIT ${MOST_OF_A_KIND}`).all() as Found[];
    for (const { run, found } of rows) {
      report({ ...finding, file: FILE, found: String(found), ...(run !== undefined && { run }) });
    }
  }
}
