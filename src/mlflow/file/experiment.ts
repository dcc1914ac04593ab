import { join } from 'node:path';
import { toConvertError } from '../../errors.js';
import type { ExperimentFailure, Warn } from '../../events.js';
import type { Experiment } from '../../model.js';
import { META_FILE, TAGS } from '../common/layout-names.js';
import { leadsNowhere } from '../local/directories.js';
import type { LinkPolicy } from '../trust/links.js';
import { FieldBudget } from './field-budget.js';
import { readFields } from './key-files.js';
import { runDirectories } from './layout.js';
import { isFileMissing, readMeta } from './meta-file.js';
import { experimentMeta, isWholeExperimentMeta } from './meta-yaml.js';

/** Receives warnings about experiments. */
export interface ExperimentListeners {
  readonly warn: Warn;
  /** Its runs exist but cannot be read. */
  readonly failed: (failure: ExperimentFailure) => void;
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
  { warn, failed, links }: ExperimentOptions,
  signal: AbortSignal,
): Promise<Experiment | undefined> {
  const file = join(directory, META_FILE);
  try {
    const meta = experimentMeta(await readMeta(file, isWholeExperimentMeta, signal));
    if (meta.id !== id) {
      // as MLflow does: a copied directory is not a second experiment
      const message = `${file} belongs to experiment ${meta.id}; the directory ${id} is skipped, as MLflow does.`;
      warn({ code: 'experiment-ignored', message });
      return undefined;
    }
    const tags = await readFields(join(directory, TAGS), TAGS, {
      signal,
      budget: new FieldBudget(),
      links,
      notice: (notice) => {
        const detail = 'detail' in notice ? notice.detail : 'invalid UTF-8 was replaced.';
        warn({ code: 'tag-unreadable', message: `A tag of experiment ${id}: ${detail}` });
      },
    });
    return { ...meta, tags };
  } catch (cause) {
    if (signal.aborted) throw cause;
    if (leadsNowhere(directory)) {
      const message = `Experiment ${id} is skipped: ${directory} is a link that leads nowhere. Is the disk mounted?`;
      failed({ id, code: 'not-found', message });
      return undefined;
    }
    if (isFileMissing(cause)) {
      const message = `Experiment ${id} is skipped, as MLflow does: it has no ${META_FILE}.`;
      if (holdsRuns(directory)) warn({ code: 'experiment-ignored', message });
      return undefined;
    }
    const error = toConvertError(cause, 'fatal', directory);
    if (error.kind === 'fatal') throw error;
    const message = `Experiment ${id} is skipped: ${error.sentence}`;
    if (error.kind === 'not-a-run') warn({ code: 'experiment-ignored', message });
    else failed({ id, code: error.code, message });
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
