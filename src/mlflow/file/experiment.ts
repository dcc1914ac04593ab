import { join } from 'node:path';
import { toConvertError } from '../../errors.js';
import type { Experiment } from '../../model.js';
import { META_FILE, TAGS } from '../common/layout-names.js';
import { leadsNowhere } from '../local/directories.js';
import type { LinkPolicy } from '../trust/links.js';
import { FieldBudget } from './field-budget.js';
import { readFields } from './key-files.js';
import { runDirectories } from './layout.js';
import { isFileMissing, readMeta } from './meta-file.js';
import { experimentMeta, isWholeExperimentMeta } from './meta-yaml.js';

/** Receives a sentence about something that is skipped outside of runs. */
export type Warn = (message: string) => void;

/** Receives warnings about experiments. */
export interface ExperimentListeners {
  readonly warn: Warn;
  /** Its runs exist but cannot be read. */
  readonly unread: Warn;
}

/** How experiments are read. */
export interface ExperimentOptions extends ExperimentListeners {
  readonly links: LinkPolicy;
}

/**
 * Reads the experiment in a directory of the store. Undefined if it is not one (there is no meta.yaml) and, with a warning, if MLflow
 * ignores it or it cannot be read.
 *
 * @param id the directory's name, which is the experiment's id
 */
export async function readExperiment(
  directory: string,
  id: string,
  { warn, unread, links }: ExperimentOptions,
  signal: AbortSignal,
): Promise<Experiment | undefined> {
  const file = join(directory, META_FILE);
  try {
    const meta = experimentMeta(await readMeta(file, isWholeExperimentMeta, signal));
    if (meta.id !== id) {
      // as MLflow does: a copied directory is not a second experiment
      warn(`${file} belongs to experiment ${meta.id}; the directory ${id} is skipped, as MLflow does.`);
      return undefined;
    }
    const tags = await readFields(join(directory, TAGS), TAGS, {
      signal,
      budget: new FieldBudget(),
      links,
      notice: (notice) => {
        const trouble = 'detail' in notice ? notice.detail : 'invalid UTF-8 was replaced.';
        warn(`A tag of experiment ${id}: ${trouble}`);
      },
    });
    return { ...meta, tags };
  } catch (cause) {
    if (signal.aborted) throw cause;
    if (leadsNowhere(directory)) {
      unread(`Experiment ${id} is skipped: ${directory} is a link that leads nowhere. Is the disk mounted?`);
      return undefined;
    }
    if (isFileMissing(cause)) {
      if (holdsRuns(directory)) warn(`Experiment ${id} is skipped, as MLflow does: it has no ${META_FILE}.`);
      return undefined;
    }
    const error = toConvertError(cause, 'fatal', directory);
    if (error.kind === 'fatal') throw error;
    const tell = error.kind === 'not-a-run' ? warn : unread;
    tell(`Experiment ${id} is skipped: ${error.sentence}`);
    return undefined;
  }
}

function holdsRuns(directory: string): boolean {
  try {
    return runDirectories(directory).length > 0;
  } catch {
    return false;
  }
}
