import { existsSync } from 'node:fs';
import type { Repository } from '../../src/aim/repository.js';
import { writeIndex } from '../../src/aim/run-index.js';
import { RunMetadata } from '../../src/aim/run-metadata.js';
import { StepOrders } from '../../src/aim/step-order.js';
import { runHash } from '../../src/mapping/run-hash.js';
import type { TrackingStore } from '../../src/mlflow/common/tracking-store.js';
import { DEFAULT_ARTIFACTS, DEFAULT_MAPPING } from '../../src/policies.js';
import { Publisher } from '../../src/publish/publisher.js';
import { convertRun } from '../../src/run/convert-run.js';
import type { RunResult } from '../../src/run/task/run-task.js';
import { enumerateRuns } from '../../src/stages/enumerate-runs.js';
import { Ledger } from '../../src/state/ledger.js';

/** The passes of a watch, in this thread, with one publisher for all of them. */
export class SyncSession {
  private readonly metadata: RunMetadata;
  private readonly ledger: Ledger;
  private readonly publisher: Publisher;
  private readonly orders = new StepOrders();
  readonly warnings: string[] = [];

  constructor(
    private readonly store: TrackingStore,
    private readonly repository: Repository,
  ) {
    this.metadata = new RunMetadata(repository.metadataFile);
    this.ledger = Ledger.open(repository.ledgerFile);
    this.publisher = new Publisher({
      repository,
      metadata: this.metadata,
      ledger: this.ledger,
      source: store.uri,
      writeIndex: async (hashes, compact) => writeIndex(repository, hashes, compact),
      events: { onPublished: () => {}, onPassedOver: () => {}, onWarning: (message) => this.warnings.push(message) },
    });
  }

  /** Brings every run up to date, as far as it has changed. */
  async pass(): Promise<RunResult[]> {
    const { store, repository, orders } = this;
    const { signal } = new AbortController();
    const options = {
      includeDeleted: false,
      overwrite: false,
      source: '',
      mapping: DEFAULT_MAPPING,
      artifacts: DEFAULT_ARTIFACTS,
      now: Date.now(),
    };
    const environment = { store, repository, options, orders, progress: () => {} };
    const experiments = [];
    for await (const experiment of store.experiments(signal)) experiments.push(experiment);
    const results: RunResult[] = [];
    for await (const run of enumerateRuns(store, experiments, () => {}, signal)) {
      const hash = runHash(run.ref.runId);
      const listed = existsSync(repository.meta(hash)) && this.metadata.has(hash);
      const known = this.ledger.get(hash);
      const result = await convertRun(
        { ...run, hash, listed, ...(listed && known !== undefined && { known }) },
        environment,
        signal,
      );
      results.push(result);
      if (result.staged !== undefined) await this.publisher.add(result.staged);
    }
    await this.publisher.flush();
    return results;
  }

  async end(): Promise<void> {
    await this.publisher.finish();
    this.metadata.close();
    this.ledger.close();
  }
}
