import { ConvertError } from '../../src/errors.js';
import type { ChangeSignal, TrackingStore } from '../../src/mlflow/common/tracking-store.js';
import type { ArtifactFile, Experiment, PointBatch, Run, RunRef } from '../../src/model.js';
import { batchOf, type Point } from './points.js';

/** A run as it is at one moment. */
export interface MemoryRun {
  readonly run: Run;
  /** Changes whenever anything of the run does. */
  readonly revision: string;
  readonly metrics?: Readonly<Record<string, readonly Point[]>>;
  readonly artifacts?: Readonly<Record<string, Uint8Array>>;
}

/** A source in memory, whose runs a test replaces as training would. */
export class MemoryStore implements TrackingStore {
  readonly uri = 'memory:';
  readonly changes: ChangeSignal = { type: 'poll' };
  readonly #runs = new Map<string, MemoryRun>();

  constructor(
    private readonly experiment: Experiment,
    runs: readonly MemoryRun[] = [],
  ) {
    for (const run of runs) this.put(run);
  }

  put(run: MemoryRun): void {
    this.#runs.set(run.run.id, run);
  }

  async *experiments(): AsyncGenerator<Experiment> {
    yield this.experiment;
  }

  async *runs(): AsyncGenerator<RunRef> {
    for (const runId of [...this.#runs.keys()].sort()) yield { runId, experimentId: this.experiment.id, locator: '' };
  }

  async revision({ runId }: RunRef): Promise<string> {
    return this.#get(runId).revision;
  }

  async run({ runId }: RunRef): Promise<Run> {
    return this.#get(runId).run;
  }

  async metricKeys({ runId }: RunRef): Promise<string[]> {
    return Object.keys(this.#get(runId).metrics ?? {});
  }

  async *history({ runId }: RunRef, key: string): AsyncGenerator<PointBatch> {
    const points = this.#get(runId).metrics?.[key] ?? [];
    if (points.length > 0) yield batchOf(points);
  }

  async *artifacts({ runId }: RunRef): AsyncGenerator<ArtifactFile> {
    const files = Object.entries(this.#get(runId).artifacts ?? {});
    for (const [path, { length: size }] of files.sort(([a], [b]) => (a < b ? -1 : 1))) {
      yield { path, size, uri: `memory:${runId}/${path}` };
    }
  }

  async *openArtifact({ runId }: RunRef, _: Run, { path }: ArtifactFile): AsyncGenerator<Uint8Array> {
    yield this.#get(runId).artifacts![path]!;
  }

  async close(): Promise<void> {}

  #get(runId: string): MemoryRun {
    const run = this.#runs.get(runId);
    if (run === undefined) throw new ConvertError('not-a-run', 'run-not-found', `There is no run ${runId}.`);
    return run;
  }
}
