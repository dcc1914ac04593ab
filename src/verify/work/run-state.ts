import { createHash } from 'node:crypto';
import { lstatSync, readdirSync } from 'node:fs';
import { errorCode } from '../../errors.js';
import type { RunPlace } from '../aim/run.js';
import type { VerifyTask } from './verify-task.js';

/** Raised whenever a verification finds what an earlier one did not. */
const VERIFY_VERSION = 3;

/** What a run is at this moment, in MLflow and in Aim. */
export interface RunState {
  /** A digest of all that the verdict about the run depends on. */
  readonly digest: string;
  /** Aim has opened the run for writing since it was converted: RocksDB leaves files that mlflow2aim does not make. */
  readonly isWrittenByAim: boolean;
}

/** @param revision the source's, of the run */
export function stateOf(task: VerifyTask, place: RunPlace, revision: string): RunState {
  const { row, mapping, artifacts, converted, deletion, isNameShared, depth, experiment } = task;
  const { tags, ...rest } = experiment;
  const files = [place.meta, place.seqs].flatMap(filesOf);
  const stale = Number.isFinite(mapping.staleAfter) ? mapping.staleAfter : 'never';
  const known = [row, { ...mapping, stale }, artifacts, converted, deletion, isNameShared, depth, rest, [...tags]];
  const text = JSON.stringify([VERIFY_VERSION, revision, files, ...known]);
  return {
    digest: createHash('sha256').update(text).digest('base64url').slice(0, 27),
    isWrittenByAim: files.some((file) => file.startsWith('LOCK ') || file.startsWith('OPTIONS-')),
  };
}

/** Names, sizes and times of a directory's files. */
export function filesOf(directory: string): readonly string[] {
  try {
    const names = readdirSync(directory).sort();
    return names.map((name) => {
      const { size, mtimeMs, ino } = lstatSync(`${directory}/${name}`);
      return `${name} ${size} ${mtimeMs} ${ino}`;
    });
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return [];
    throw cause;
  }
}
