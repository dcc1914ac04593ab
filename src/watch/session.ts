import type { ProcessedRun } from '../conversion/pending-reports.js';
import type { ExperimentFailure } from '../events.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { RunSelection } from '../options.js';
import type { RunReport } from '../outcome.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import type { ActiveOf, PlacesOf } from '../state/listing.js';
import type { SyncJournal } from '../state/sync-journal.js';

/** The ledger as a watch reads it. */
export interface WatchedLedger extends ActiveOf, PlacesOf {
  get(hash: string): { readonly experimentId?: string } | undefined;
}

export interface WatchPassOptions {
  /** The work on a run is over. */
  readonly ready?: (report: RunReport) => void;
  /** A run has been skipped, or published. */
  readonly done: (run: ProcessedRun) => void;
  /** The pass ends when its runs are visible; everything that can wait (index entries, old files) is left to a later one. */
  readonly brief?: boolean;
  /** Exactly these runs have changed. */
  readonly changed?: boolean;
  /** Runs are read again even if they are unchanged. */
  readonly force?: boolean;
  /** The runs are listed ahead, so that their number is soon known. */
  readonly listsAhead?: boolean;
}

/** What a watch needs of a conversion. When `pass` has rejected, only `reindex([])` and `close` may be called. */
export interface WatchedConversion {
  readonly ledger: WatchedLedger;
  /** Updates these runs in Aim. */
  pass(runs: AsyncIterable<EnumeratedRun>, signal: AbortSignal, options: WatchPassOptions): Promise<void>;
  /** Handles runs, by hash, that are missing from the listings of the source. */
  missed(hashes: readonly string[], signal: AbortSignal): Promise<void>;
  /** Writes the index entries of these runs again, and everything delayed. False if Aim holds the index. */
  reindex(hashes: readonly string[]): Promise<boolean>;
  /** Warns of `--accept-missing` and the like if they name nothing that is known. */
  checkAccepted(): void;
  close(): Promise<void>;
}

export type WatchJournal = Pick<SyncJournal, 'note' | 'passed' | 'failed' | 'ended' | 'close'>;

/** What a watch keeps between two failures. */
export interface Session {
  readonly conversion: WatchedConversion;
  readonly journal: WatchJournal;
  readonly signal: AbortSignal;
}

/** What is being watched. */
export interface WatchedSource {
  readonly store: TrackingStore;
  readonly selection: RunSelection;
  /** The store adds a sentence for each experiment and table that it cannot read; emptied after each complete pass. */
  readonly failures: Map<string, ExperimentFailure>;
}
