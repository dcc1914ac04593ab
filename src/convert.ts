import { dirname } from 'node:path';
import { Repository } from './aim/repository.js';
import { RepositoryLock } from './aim/repository-lock.js';
import { chooseRuns, tellChoice } from './conversion/choose-runs.js';
import type { Conversion } from './conversion/conversion.js';
import { type Ends, openConversion } from './conversion/open-conversion.js';
import { type OwnParts, openSource, resolveOptions } from './conversion/own-parts.js';
import type { ProcessedRun, RunListener } from './conversion/pending-reports.js';
import type { ConvertEvents, ExperimentFailure, Warn } from './events.js';
import type { ConvertOptions, ResolvedOptions } from './options.js';
import { retryWhileLocked, waitForUnlocked } from './sqlite/lock-wait.js';
import type { Listing } from './state/listing.js';
import { SyncJournal } from './state/sync-journal.js';

/**
 * Converts a source into an Aim repository. Resolves when every run has been dealt with (failed ones included: they are
 * in the events); rejects with a `fatal` {@link ConvertError}, or with the signal's reason when aborted. Whatever
 * happens, the repository holds only whole runs.
 */
export async function convert(
  given: ConvertOptions,
  events: ConvertEvents,
  signal: AbortSignal,
  own: OwnParts = {},
): Promise<void> {
  const options = resolveOptions(given, own);
  const failures = new Map<string, ExperimentFailure>();
  const warn: Warn = (warning) => events.emit('warning', warning);
  const store = openSource(options, own, {
    warn,
    retrying: (retry) => events.emit('retry', retry),
    failed: (failure) => {
      failures.set(failure.id, failure);
      events.emit('experiment:failed', failure);
    },
  });
  try {
    const listing = await chooseRuns(store, options, signal);
    const repository = await retryWhileLocked(() => Repository.open(options.repo), signal);
    const lock = RepositoryLock.take(repository.lockFile);
    try {
      repository.pin();
      events.emit('start', { source: store.uri, repo: dirname(repository.path) });
      const traces = await tellChoice(store, listing, warn, signal);
      if (traces !== undefined && traces.traces > 0) events.emit('traces', traces);
      const settled: RunListener['settled'] = own.settled && ((runs) => own.settled!(runs, signal));
      const ends = { store, repository, stages: own.stages, listing, failures, settled };
      await convertOnce(options, events, ends, signal);
    } finally {
      lock.release();
    }
  } finally {
    await store.close();
  }
}

interface ListedEnds extends Ends {
  readonly listing: Listing;
  /** The experiments that could not be read, by id. */
  readonly failures: ReadonlyMap<string, ExperimentFailure>;
  readonly settled: RunListener['settled'];
}

async function convertOnce(
  options: ResolvedOptions,
  events: ConvertEvents,
  { listing, failures, settled, ...ends }: ListedEnds,
  signal: AbortSignal,
): Promise<void> {
  const { store, repository } = ends;
  await waitForUnlocked([repository.metadataFile, repository.ledgerFile], signal);
  const conversion = openConversion(ends, options, events);
  const journal = SyncJournal.open(repository.ledgerFile, store.uri);
  journal.ended(); // a watch that was killed has not said so
  try {
    const done = ({ report }: ProcessedRun) => {
      journal.note(report);
      events.emit('run:done', report);
    };
    await convertListed(conversion, listing, { events, done, settled, force: options.force }, signal);
    journal.passed({ complete: listing.isWhole, failures: failures.values() });
    conversion.checkAccepted();
  } catch (error) {
    if (!signal.aborted) journal.failed(error);
    throw error;
  } finally {
    journal.close();
    await conversion.close();
  }
}

export interface ListedRunsListener extends Pick<RunListener, 'done' | 'settled'> {
  readonly events: ConvertEvents;
  /** Unchanged runs are read again, too. */
  readonly force?: boolean;
}

/** Converts all runs of a listing, and follows the deletions that it shows. */
export async function convertListed(
  conversion: Conversion,
  listing: Listing,
  { events, done, settled, force = false }: ListedRunsListener,
  signal: AbortSignal,
): Promise<void> {
  await listing.addActive(conversion.ledger, signal);
  const runs = listing.runs(
    (experiment) => events.emit('experiment', experiment),
    signal,
    () => events.emit('listed'),
  );
  const ready: RunListener['ready'] = (run) => events.emit('run:ready', run);
  await conversion.pass(runs, signal, { ready, done, settled, force, listsAhead: true });
  await conversion.missed(await listing.missing(conversion.ledger, signal), signal);
}
