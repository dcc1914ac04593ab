import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ConvertError } from '../../errors.js';
import { fileMark, isSettled } from './file-mark.js';
import { directories, META_FILE, MODELS } from './layout.js';
import { text } from './meta-yaml.js';
import { readText } from './read-text.js';
import { parseYamlMapping } from './yaml-mapping.js';

/** Which models the runs of one experiment made, as of one state of its `models/` directory. */
interface Shelf {
  readonly mark: string;
  readonly byRun: ReadonlyMap<string, readonly string[]>;
}

/**
 * Tells which logged models came from a run. A model names its run (`source_run_id`), and only a finished one is also
 * among the run's `outputs/`; so the models of an experiment are looked through once, and again when there are new ones.
 */
export class ModelShelves {
  readonly #shelves = new Map<string, Shelf>();

  /** The ids of the models that a run made, sorted; what cannot be read is made by none. */
  modelsOf(experimentDirectory: string, runId: string): readonly string[] {
    const models = join(experimentDirectory, MODELS);
    const stats = statSync(models, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) return [];
    const mark = fileMark(stats);
    let shelf = this.#shelves.get(models);
    if (shelf?.mark !== mark) {
      const now = Date.now();
      const { byRun, isComplete } = lookThrough(models);
      shelf = { mark, byRun };
      if (isComplete && isSettled(stats, now)) this.#shelves.set(models, shelf);
    }
    return shelf.byRun.get(runId) ?? [];
  }
}

/** That of a model is some hundred bytes long. A longer one is passed over: it would be read for each run of the experiment. */
const LARGEST_META = 64 * 1024;

/** `isComplete` is false while a model is being made: its directory is there before its meta.yaml. */
function lookThrough(models: string): { byRun: Map<string, string[]>; isComplete: boolean } {
  const byRun = new Map<string, string[]>();
  let isComplete = true;
  for (const id of directories(models)) {
    try {
      const run = text(parseYamlMapping(readText(join(models, id, META_FILE), LARGEST_META).text), 'source_run_id');
      if (run !== undefined) byRun.set(run, [...(byRun.get(run) ?? []), id]);
    } catch (cause) {
      if (!(cause instanceof ConvertError)) isComplete = false; // one of ours is what no model has: a FIFO, a huge file
    }
  }
  return { byRun, isComplete };
}
