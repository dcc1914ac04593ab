import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ConvertError, toConvertError } from '../../errors.js';
import { isActive, type RunRef } from '../../model.js';
import { META_FILE } from '../common/layout-names.js';
import { leadsNowhere } from '../local/directories.js';
import { isFileMissing, readMeta } from './meta-file.js';
import { isWholeRunMeta, type RunMeta, runMeta } from './meta-yaml.js';

/** Reads the meta.yaml of a run. Rejects with `not-a-run` if it is that of another run. */
export async function readRunMeta(ref: RunRef, directory: string, signal: AbortSignal): Promise<RunMeta> {
  const file = join(directory, META_FILE);
  const meta = runMeta(await readMeta(file, isWholeRunMeta, signal));
  const runId = meta.runId ?? basename(directory);
  const hint = 'If it is a copy, correct the ids in its meta.yaml, or remove it.';
  if (runId !== ref.runId) {
    throw new ConvertError('not-a-run', 'wrong-id', `${file} belongs to run ${runId}.`, { where: file, hint });
  }
  if (meta.experimentId !== undefined && meta.experimentId !== ref.experimentId) {
    const message = `${file} says that the run belongs to experiment ${meta.experimentId}; MLflow ignores such a run.`;
    throw new ConvertError('not-a-run', 'wrong-id', message, { where: file, hint });
  }
  return meta;
}

/** Whether a run has ended; false if that is not known. */
export async function hasEnded(ref: RunRef, directory: string, signal: AbortSignal): Promise<boolean> {
  try {
    const { status } = await readRunMeta(ref, directory, signal);
    return !isActive({ status });
  } catch (cause) {
    if (signal.aborted) throw cause;
    return false;
  }
}

/** The names in a run's directory. Throws `not-a-run` if it does not exist. */
export function entriesOf(ref: RunRef, directory: string): ReadonlySet<string> {
  try {
    return new Set(readdirSync(directory));
  } catch (cause) {
    const { kind, code, message } = toConvertError(cause, 'skip-run', directory);
    const isGone = isFileMissing(cause) && !leadsNowhere(directory);
    const reaction = kind === 'fatal' ? kind : isGone ? 'not-a-run' : 'skip-run';
    throw new ConvertError(reaction, code, `Run ${ref.runId} cannot be read: ${message}`, { where: directory, cause });
  }
}
