import type { Repository } from '../aim/repository.js';
import { type IndexOutcome, writeIndex } from '../aim/run-index.js';
import { StepOrders } from '../aim/step-order.js';
import { asFatal } from '../errors.js';
import { failpoint } from '../failpoints.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { CustomStages } from '../stages/custom-stages.js';
import type { Progress } from '../stages/write-batches.js';
import { checkRuns } from './check-runs.js';
import { convertRun } from './convert-run.js';
import type { CheckResult, ProgressCounts, RunConverter } from './task/run-converter.js';
import type { RunEnvironment, RunOptions } from './task/run-environment.js';
import type { RunResult } from './task/run-result.js';
import type { RunTask } from './task/run-task.js';

export interface InProcessConverterOptions {
  /**
   * Called by the first task, and again by the next if it throws: a source may be unavailable for a moment. The caller
   * closes the store.
   */
  readonly openStore: () => TrackingStore;
  readonly repository: Repository;
  readonly options: RunOptions;
  readonly stages?: CustomStages | undefined;
  /** Also called, as it happens, with what {@link InProcessConverter.takeProgress} counts. */
  readonly onProgress?: Progress;
}

/** Converts runs in this thread. Each worker of a pool has one. */
export class InProcessConverter implements RunConverter {
  readonly parallelism = 1;
  readonly #options: InProcessConverterOptions;
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #orders = new StepOrders();
  #store: TrackingStore | undefined;
  #progress: ProgressCounts = NONE;

  constructor(options: InProcessConverterOptions) {
    this.#options = options;
  }

  check(tasks: readonly RunTask[]): Promise<readonly CheckResult[]> {
    return this.#perform(() => checkRuns(tasks, this.#environment(), this.#stopping.signal));
  }

  convert(task: RunTask): Promise<RunResult> {
    return this.#perform(() => convertRun(task, this.#environment(), this.#stopping.signal));
  }

  writeIndex(hashes: readonly string[], isFinal: boolean): Promise<IndexOutcome> {
    return this.#perform(async () => {
      failpoint('index-begun');
      return writeIndex(this.#options.repository, hashes, isFinal);
    });
  }

  takeProgress(): ProgressCounts {
    const progress = this.#progress;
    this.#progress = NONE;
    return progress;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.allSettled(this.#underWay);
  }

  async #perform<T>(work: () => Promise<T>): Promise<T> {
    this.#stopping.signal.throwIfAborted();
    const working = work();
    this.#underWay.add(working);
    try {
      return await working;
    } catch (cause) {
      this.#stopping.signal.throwIfAborted();
      throw asFatal(cause, this.#options.repository.path);
    } finally {
      this.#underWay.delete(working);
    }
  }

  #environment(): RunEnvironment {
    const { openStore, repository, options, stages } = this.#options;
    this.#store ??= openStore();
    return { store: this.#store, repository, options, orders: this.#orders, progress: this.#count, stages };
  }

  readonly #count: Progress = (points, artifactBytes) => {
    const { points: pointsBefore, artifactBytes: bytesBefore } = this.#progress;
    this.#progress = { points: pointsBefore + points, artifactBytes: bytesBefore + artifactBytes };
    this.#options.onProgress?.(points, artifactBytes);
  };
}

const NONE: ProgressCounts = { points: 0, artifactBytes: 0 };
