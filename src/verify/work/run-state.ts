import { createHash } from 'node:crypto';
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../errors.js';
import type { RunPlace } from '../aim/run.js';
import type { VerifyTask } from './verify-task.js';

/** Raised whenever a verification finds what an earlier one did not. */
const VERIFY_VERSION = 1;

/** What RocksDB writes for people; it says nothing of the content. */
const ASIDE = /^LOG/;

/** A digest of all that the verdict about a run depends on; `revision` is the source's of the run. */
export function stateOf(task: VerifyTask, place: RunPlace, revision: string): string {
  const { row, mapping, artifacts, converted, isArchivedForMlflow, experiment } = task;
  const { tags, ...rest } = experiment;
  const files = [place.meta, place.seqs].map(filesOf);
  const stale = Number.isFinite(mapping.staleAfter) ? mapping.staleAfter : 'never';
  const all = [
    VERIFY_VERSION,
    revision,
    files,
    row,
    { ...mapping, stale },
    artifacts,
    converted,
    isArchivedForMlflow,
    rest,
  ];
  return createHash('sha256')
    .update(JSON.stringify([...all, [...tags]]))
    .digest('base64url')
    .slice(0, 27);
}

/** Names, sizes and times of a directory's files. */
function filesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => !ASIDE.test(name))
      .sort()
      .map((name) => {
        const { size, mtimeNs, ino } = lstatSync(join(directory, name), { bigint: true });
        return `${name} ${size} ${mtimeNs} ${ino}`;
      });
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return [];
    throw cause;
  }
}

/** Whether Aim has opened the run for writing since it was converted: RocksDB leaves these files, mlflow2aim makes none of them. */
export function isWrittenByAim(place: RunPlace): boolean {
  return [place.meta, place.seqs].some((directory) =>
    filesOf(directory).some((file) => file.startsWith('LOCK ') || file.startsWith('OPTIONS-')),
  );
}
