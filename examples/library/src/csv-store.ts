import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type {
  ArtifactFile,
  ChangeSignal,
  Experiment,
  PointBatch,
  Run,
  RunRef,
  StageContext,
  TrackingStore,
} from 'mlflow2aim';
import { csvRows, explained } from './csv-rows.js';
import { PointColumns } from './point-columns.js';

/** Points that are handed on at once. */
const BATCH_SIZE = 4096;

/** Columns that are no metrics. */
const STEP = 'step';
const TIME = 'time';

/**
 * A directory of CSV files as a source: each directory in it is an experiment, each `.csv` in that a run. A row has a `step`, a
 * `time` (ISO 8601), and a value for each metric; an empty cell is no point.
 *
 * The file is read once for each metric, so memory does not depend on its length.
 */
export class CsvStore implements TrackingStore {
  /** Runs are known by it the next time, so it does not depend on the working directory. */
  readonly uri: string;
  readonly changes: ChangeSignal = { type: 'poll' };
  readonly #root: string;

  constructor(root: string) {
    this.#root = resolve(root);
    this.uri = `csv:${this.#root}`;
  }

  async *experiments(): AsyncGenerator<Experiment> {
    for (const entry of await sortedEntries(this.#root)) {
      if (!entry.isDirectory()) continue;
      yield { id: entry.name, name: entry.name, lifecycleStage: 'active', tags: new Map() };
    }
  }

  async *runs(experiment: Experiment): AsyncGenerator<RunRef> {
    for (const entry of await sortedEntries(join(this.#root, experiment.id))) {
      if (!entry.isFile() || !entry.name.endsWith('.csv')) continue;
      const locator = join(experiment.id, entry.name);
      yield { runId: idOf(locator), experimentId: experiment.id, locator };
    }
  }

  async revision(ref: RunRef): Promise<string> {
    const file = this.#file(ref);
    try {
      const { size, mtimeNs } = await stat(file, { bigint: true });
      return `${size} ${mtimeNs}`;
    } catch (cause) {
      throw explained(cause, file);
    }
  }

  async run(ref: RunRef, { signal }: StageContext): Promise<Run> {
    const { [TIME]: begin = '' } = await this.#firstRow(ref, signal);
    const startTime = Date.parse(begin);
    return {
      id: ref.runId,
      experimentId: ref.experimentId,
      name: basename(ref.locator, '.csv'),
      status: 'FINISHED',
      lifecycleStage: 'active',
      ...(Number.isFinite(startTime) && { startTime }),
      params: new Map(),
      tags: new Map([['file', ref.locator]]),
      datasets: [],
      models: [],
    };
  }

  async metricKeys(ref: RunRef, { signal }: StageContext): Promise<string[]> {
    const columns = Object.keys(await this.#firstRow(ref, signal));
    return columns.filter((column) => column !== STEP && column !== TIME);
  }

  async *history(ref: RunRef, metric: string, { signal, notice }: StageContext): AsyncGenerator<PointBatch> {
    const points = new PointColumns();
    let line = 1;
    for await (const { [STEP]: step = '', [TIME]: time = '', [metric]: value = '' } of csvRows(
      this.#file(ref),
      signal,
    )) {
      line += 1;
      if (value === '') continue;
      const reason = points.add(step, time, value);
      if (reason !== undefined) notice({ kind: 'line-skipped', metric, file: this.#file(ref), line, reason });
      if (points.length === BATCH_SIZE) yield points.take();
    }
    if (points.length > 0) yield points.take();
  }

  async *artifacts(): AsyncGenerator<ArtifactFile> {}

  async *openArtifact(): AsyncGenerator<Uint8Array> {}

  async close(): Promise<void> {}

  async #firstRow(ref: RunRef, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    for await (const row of csvRows(this.#file(ref), signal)) return row;
    return {};
  }

  #file({ locator }: RunRef): string {
    return join(this.#root, locator);
  }
}

/** Aim's hash of the run: the same for the same file, another for every other. */
function idOf(locator: string): string {
  return createHash('sha256').update(locator).digest('hex').slice(0, 32);
}

async function sortedEntries(directory: string) {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}
