import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ConvertError } from '../../errors.js';
import { META_FILE, MODELS } from '../common/layout-names.js';
import { directories } from '../local/directories.js';
import { fileFingerprint, isSettled } from '../local/file-fingerprint.js';
import { readText } from '../local/read-text.js';
import { textField } from './meta-yaml.js';
import { parseYamlMapping } from './yaml-mapping.js';

/** The models of one experiment by the runs that made them, for one state of its `models/` directory. */
interface ModelsOfExperiment {
  readonly fingerprint: string;
  readonly byRun: ReadonlyMap<string, readonly string[]>;
  /** The ids of models whose run is not known. */
  readonly unread: readonly string[];
}

/** The models of which a run is the source. */
export interface MadeModels {
  /** Their ids, sorted. */
  readonly ids: readonly string[];
  /** The ids of models that may belong to this run or to another; undefined if `models/` does not exist or is empty. */
  readonly unread: readonly string[] | undefined;
  /** Why `models/` cannot be listed. */
  readonly error?: unknown;
}

const NONE: MadeModels = { ids: [], unread: undefined };

/**
 * Finds the logged models of a run. A model names its run (`source_run_id`), and only a finished one is also among the run's
 * `outputs/`. So all models of an experiment are read once, and again when there are new ones.
 */
export class ModelsByRun {
  readonly #experiments = new Map<string, ModelsOfExperiment>();

  modelsOf(experimentDirectory: string, runId: string): MadeModels {
    const models = join(experimentDirectory, MODELS);
    try {
      return this.#modelsIn(models, runId);
    } catch (error) {
      return { ids: [], unread: [], error };
    }
  }

  #modelsIn(models: string, runId: string): MadeModels {
    const stats = statSync(models, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) return NONE;
    const fingerprint = fileFingerprint(stats);
    let known = this.#experiments.get(models);
    if (known?.fingerprint !== fingerprint) {
      const now = Date.now();
      const { isComplete, ...found } = readSources(models);
      known = { fingerprint, ...found };
      if (isComplete && isSettled(stats, now)) this.#experiments.set(models, known);
    }
    const { byRun, unread } = known;
    if (byRun.size === 0 && unread.length === 0) return NONE;
    return { ids: byRun.get(runId) ?? [], unread };
  }
}

/** A model's meta.yaml has a few hundred bytes. A larger one is skipped, since it might be read for each run of the experiment. */
const LARGEST_META = 64 * 1024;

/**
 * Reads which run made each model. `isComplete` is false while a model is being made: its directory exists before its meta.yaml.
 */
function readSources(models: string): Pick<ModelsOfExperiment, 'byRun' | 'unread'> & { isComplete: boolean } {
  const byRun = new Map<string, string[]>();
  const unread: string[] = [];
  let isComplete = true;
  for (const id of directories(models)) {
    try {
      const run = textField(
        parseYamlMapping(readText(join(models, id, META_FILE), LARGEST_META).text),
        'source_run_id',
      );
      if (run !== undefined) byRun.set(run, [...(byRun.get(run) ?? []), id]);
    } catch (cause) {
      unread.push(id);
      if (!(cause instanceof ConvertError)) isComplete = false; // an error of ours means something permanent: a FIFO, a huge file
    }
  }
  return { byRun, unread, isComplete };
}
