import { dirname } from 'node:path';
import { ConvertError } from '../errors.js';
import { BUSY_TIMEOUT, sqliteDriver } from '../sqlite/driver.js';
import { isBusy } from '../sqlite/errors.js';
import { metadataFailure } from './metadata-failure.js';
import { ALEMBIC_HEAD, DATA_VERSION, EARLIER_ALEMBIC_REVISIONS } from './schema.js';

/**
 * Throws a `fatal` error if `VERSION` is not what is written here.
 *
 * @param path of `.aim`
 */
export function checkVersion(path: string, version: string): void {
  if (version === DATA_VERSION) return;
  const message = `The Aim repository ${path} has data version ${version}; this tool writes version ${DATA_VERSION}.`;
  throw new ConvertError('fatal', 'unsupported-version', message, {
    hint: isLater(version) ? LATER_AIM : updateHint(path),
  });
}

/** Throws a `fatal` error if the schema of `run_metadata.sqlite` is not the one that is written here. */
export function checkRevision(path: string, revision: string): void {
  if (revision === ALEMBIC_HEAD) return;
  const message = `The Aim repository ${path} has schema revision ${revision}; this tool knows ${ALEMBIC_HEAD} (aim 3.29).`;
  const isUnknown = /^[0-9a-f]{12}$/.test(revision) && !EARLIER_ALEMBIC_REVISIONS.has(revision);
  throw new ConvertError('fatal', 'unsupported-version', message, { hint: isUnknown ? LATER_AIM : updateHint(path) });
}

/** Aim 3.29 cannot upgrade such a repository either. */
const LATER_AIM =
  'A later version of Aim has made or upgraded it: see whether a newer mlflow2aim supports that, or choose another --repo.';

function isLater(version: string): boolean {
  const [major = Number.NaN, minor = 0] = version.split('.').map(Number);
  const [ourMajor = 0, ourMinor = 0] = DATA_VERSION.split('.').map(Number);
  return major > ourMajor || (major === ourMajor && minor > ourMinor);
}

/** Opened with `init`, Aim upgrades both of its versions and keeps the data. */
export function updateHint(path: string): string {
  const update = `python -c "from aim import Repo; Repo('${dirname(path)}', init=True)"`;
  return `Bring it up to date with aim 3.29 (${update}), or choose another --repo.`;
}

/** The revision of the schema of a `run_metadata.sqlite`. Throws a `fatal` error if it cannot be read. */
export function alembicRevision(file: string): string {
  try {
    return readRevision(file, true);
  } catch (error) {
    if (isBusy(error)) throw metadataFailure(file, error);
    // What a crash left unfinished can only be repaired by a process with write access.
    try {
      return readRevision(file, false);
    } catch (cause) {
      throw metadataFailure(file, cause);
    }
  }
}

function readRevision(file: string, readOnly: boolean): string {
  const database = new (sqliteDriver().DatabaseSync)(file, { readOnly, timeout: BUSY_TIMEOUT });
  try {
    const rows = database.prepare('SELECT version_num FROM alembic_version').all() as { version_num: string }[];
    return rows.map((row) => row.version_num).join(' and ') || 'none';
  } finally {
    database.close();
  }
}
