import { rmSync } from 'node:fs';
import type { Repository } from '../aim/repository.js';
import { type IndexOutcome, writeIndex } from '../aim/run-index.js';
import type { RunMetadata } from '../aim/run-metadata.js';
import { asFatal } from '../errors.js';
import type { ConvertEvents, Warn } from '../events.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { ResolvedOptions } from '../options.js';
import { runPipeline } from '../pipeline.js';
import { Publisher } from '../publish/publisher.js';
import type { RunConverter } from '../run/task/run-converter.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import type { AcceptedMissing } from '../state/accepted-missing.js';
import { Deletions } from '../state/deletions.js';
import { Families } from '../state/families.js';
import { KnownRuns } from '../state/known-runs.js';
import type { Ledger } from '../state/ledger.js';
import type { RecordedPolicies } from '../state/recorded-policies.js';
import type { Retries } from '../state/retries.js';
import { DamagedRuns } from './damaged-runs.js';
import { PendingReports, type RunListener } from './pending-reports.js';
import { RunStages } from './run-stages.js';

const PROGRESS_INTERVAL = 100;

/** What a conversion works with; it closes ledger and metadata, and stops the converter. */
export interface ConversionParts {
  readonly store: TrackingStore;
  readonly repository: Repository;
  readonly ledger: Ledger;
  readonly metadata: RunMetadata;
  readonly accepted: AcceptedMissing;
  readonly policies: RecordedPolicies;
  readonly retries: Retries;
  readonly converter: RunConverter;
  /** Wall-clock time, milliseconds since the epoch; `Date.now` if absent. */
  readonly now?: () => number;
}

/** The options that a conversion itself reads; the others are those of its parts. */
export type ConversionOptions = Pick<
  ResolvedOptions,
  'concurrency' | 'deleted' | 'includeDeleted' | 'missing' | 'restoreRemoved'
>;

export interface PassOptions extends RunListener {
  /** The pass ends when its runs are visible; missing index entries are left to the next. For a watch. */
  readonly brief?: boolean;
  /** Exactly these runs have shown signs of change. For a watch. */
  readonly changed?: boolean;
  /** Runs are read again even if they are unchanged. */
  readonly force?: boolean;
  /** The runs are listed ahead, so that their number is soon known; otherwise when they are needed. */
  readonly listsAhead?: boolean;
}

/**
 * Writes runs into a repository, in one pass or, for a watch, in many; the caller holds the repository's lock. After a pass
 * that was rejected, only {@link close} may be called.
 */
export class Conversion {
  readonly ledger: Ledger;
  readonly #parts: ConversionParts;
  readonly #options: ConversionOptions;
  readonly #events: ConvertEvents;
  readonly #publisher: Publisher;
  readonly #deletions: Deletions;
  readonly #families: Families;
  readonly #known: KnownRuns;
  readonly #damaged = new DamagedRuns();
  #isStopped = false;
  /** Of the current pass. */
  #reports = new PendingReports({ done: () => {} });

  constructor(parts: ConversionParts, options: ConversionOptions, events: ConvertEvents) {
    const { store, repository, ledger, metadata } = parts;
    this.#parts = parts;
    this.#options = options;
    this.#events = events;
    this.ledger = ledger;
    rmSync(repository.staging, { recursive: true, force: true });
    this.#families = new Families(store);
    this.#known = new KnownRuns({ now: Date.now, ...parts, families: this.#families, options });
    this.#deletions = new Deletions(repository, metadata, ledger, options.deleted);
    this.#publisher = new Publisher({
      repository,
      metadata,
      ledger,
      source: store.uri,
      writeIndex: this.#writeIndex,
      events: {
        onPublished: (hashes) => {
          const settled = this.#reports.published(hashes);
          events.emit('publish', { runs: hashes.length });
          return settled;
        },
        onPassedOver: (hash, why) => this.#reports.passedOver(hash, why),
        onWarning: this.#warn,
      },
    });
  }

  /**
   * Updates these runs in Aim; resolves when all of them are published, except failed ones. Rejects with a `fatal` error, or
   * with the signal's reason when that is aborted; runs that are complete by then are still published.
   */
  async pass(runs: AsyncIterable<EnumeratedRun>, signal: AbortSignal, options: PassOptions): Promise<void> {
    const { repository, metadata } = this.#parts;
    this.#reports = new PendingReports(options);
    const progress = setInterval(() => this.#tellProgress(), PROGRESS_INTERVAL);
    const stop = () => {
      metadata.hurry();
      void this.#stop();
    };
    signal.addEventListener('abort', stop);
    try {
      signal.throwIfAborted();
      repository.checkIdentity();
      await runPipeline(runs, this.#stages(options));
      this.#tellProgress();
      await (options.brief ? this.#publisher.flush() : this.#publisher.finish());
      this.#damaged.tell(this.#warn);
      await this.#followDeletions();
    } catch (error) {
      await this.#stop();
      // Complete runs are published, so that the next attempt need not build them again. If that fails as well, the first
      // error says more.
      const isHurried = options.brief === true || signal.aborted;
      await (isHurried ? this.#publisher.settle([]) : this.#publisher.finish()).catch(() => {});
      signal.throwIfAborted();
      throw asFatal(error, repository.path);
    } finally {
      clearInterval(progress);
      signal.removeEventListener('abort', stop);
    }
  }

  /** The source no longer lists these runs; it is asked about each, if possible. Between two passes only. */
  async missed(hashes: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#deletions.addMissing(hashes, this.#parts.store, signal);
    await this.#followDeletions();
  }

  /**
   * Writes the index entries of these runs again; false if Aim holds the index. Between two passes only.
   *
   * Aim's server indexes an active run from the files that are being replaced, and two writers of the index can overtake
   * each other. The last to write wins, and nobody writes again for a run that has ended.
   */
  reindex(hashes: readonly string[]): Promise<boolean> {
    return this.#publisher.settle(hashes.filter((hash) => this.#parts.metadata.has(hash)));
  }

  /** Warns if `--accept-missing` or `--unaccept-missing` matches nothing known. */
  checkAccepted(): void {
    const { missing } = this.#options;
    for (const message of this.#parts.accepted.withoutEffect(missing, this.ledger)) {
      this.#warn({ code: 'unknown-missing', message });
    }
  }

  async close(): Promise<void> {
    const { repository, metadata } = this.#parts;
    await this.#stop();
    metadata.close();
    this.ledger.close();
    // what is there now may belong to somebody else
    if (repository.isSame) rmSync(repository.staging, { recursive: true, force: true });
  }

  #stages({ changed = false, force = false, listsAhead = false }: PassOptions): RunStages {
    const { repository, converter, accepted, policies } = this.#parts;
    return new RunStages(
      {
        repository,
        converter,
        accepted,
        policies,
        known: this.#known,
        deletions: this.#deletions,
        publisher: this.#publisher,
        reports: this.#reports,
        damaged: this.#damaged,
        isStopped: () => this.#isStopped,
      },
      this.#options.concurrency,
      { changed, force },
      listsAhead,
    );
  }

  /** An index update that was stopped has no effect, so it can be repeated in this thread. */
  readonly #writeIndex = async (hashes: readonly string[], isFinal: boolean): Promise<IndexOutcome> => {
    try {
      if (!this.#isStopped) return await this.#parts.converter.writeIndex(hashes, isFinal);
    } catch (cause) {
      if (!this.#isStopped) throw cause;
    }
    await this.#stop();
    return writeIndex(this.#parts.repository, hashes, isFinal);
  };

  async #followDeletions(): Promise<void> {
    if (this.#deletions.isEmpty) return;
    await this.#parts.metadata.whenWritable();
    for (const run of this.#deletions.apply()) this.#events.emit('run:deleted', run);
  }

  #tellProgress(): void {
    this.#events.emit('progress', this.#parts.converter.takeProgress());
  }

  readonly #warn: Warn = (warning) => void this.#events.emit('warning', warning);

  async #stop(): Promise<void> {
    this.#families.stop();
    this.#isStopped = true;
    await this.#parts.converter.stop();
  }
}
