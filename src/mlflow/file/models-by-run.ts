import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ConvertError } from '../../errors.js';
import { META_FILE, MODELS } from '../common/layout-names.js';
import { directories } from '../local/directories.js';
import { fileFingerprint, isSettled } from '../local/file-fingerprint.js';
import { readText } from '../local/read-text.js';
import { textField } from './meta-yaml.js';
import { parseYamlMapping } from './yaml-mapping.js';

/** Which models the runs of one experiment made, as of one state of its `models/` directory. */
interface Shelf {
  readonly mark: string;
  readonly byRun: ReadonlyMap<string, readonly string[]>;
  /** The ids of those of which that cannot be told. */
  readonly unread: readonly string[];
}

/** The models of which a run is the source. */
export interface MadeModels {
  /** Their ids, sorted. */
  readonly ids: readonly string[];
  /** The ids of models that may be of this run or another one; undefined where there is no `models/`, or nothing in it. */
  readonly unread: readonly string[] | undefined;
  /** Why `models/` cannot be listed. */
  readonly trouble?: unknown;
}

const NONE: MadeModels = { ids: [], unread: undefined };

/**
 * Tells which logged models came from a run. A model names its run (`source_run_id`), and only a finished one is also
 * among the run's `outputs/`; so the models of an experiment are looked through once, and again when there are new ones.
 */
export class ModelsByRun {
  readonly #shelves = new Map<string, Shelf>();

  modelsOf(experimentDirectory: string, runId: string): MadeModels {
    const models = join(experimentDirectory, MODELS);
    try {
      return this.#modelsIn(models, runId);
    } catch (trouble) {
      return { ids: [], unread: [], trouble };
    }
  }

  #modelsIn(models: string, runId: string): MadeModels {
    const stats = statSync(models, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) return NONE;
    const mark = fileFingerprint(stats);
    let shelf = this.#shelves.get(models);
    if (shelf?.mark !== mark) {
      const now = Date.now();
      const { isComplete, ...found } = lookThrough(models);
      shelf = { mark, ...found };
      if (isComplete && isSettled(stats, now)) this.#shelves.set(models, shelf);
    }
    const { byRun, unread } = shelf;
    if (byRun.size === 0 && unread.length === 0) return NONE;
    return { ids: byRun.get(runId) ?? [], unread };
  }
}

/** That of a model is some hundred bytes long. A longer one is passed over: it would be read for each run of the experiment. */
const LARGEST_META = 64 * 1024;

/**
 * A model is unread, too, while it is being made: its directory is there before its meta.yaml. Then `isComplete` is false.
 */
function lookThrough(models: string): Pick<Shelf, 'byRun' | 'unread'> & { isComplete: boolean } {
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
      if (!(cause instanceof ConvertError)) isComplete = false; // one of ours is what no model has: a FIFO, a huge file
    }
  }
  return { byRun, unread, isComplete };
}
