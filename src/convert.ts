import { dirname } from 'node:path';
import { Repository } from './aim/repository.js';
import { RepositoryLock } from './aim/repository-lock.js';
import type { Conversion } from './conversion/conversion.js';
import { type Ends, openConversion } from './conversion/open-conversion.js';
import { type OwnParts, openSource, resolveOptions } from './conversion/own-parts.js';
import type { ProcessedRun, RunListener } from './conversion/pending-reports.js';
import { checkRepositoryPlace } from './conversion/repository-place.js';
import { toConvertError } from './errors.js';
import type { ConvertEvents, ExperimentFailure } from './events.js';
import { experimentTagsLeft } from './mapping/experiment-tags.js';
import type { TrackingStore } from './mlflow/common/tracking-store.js';
import type { ConvertOptions, ResolvedOptions } from './options.js';
import { choiceWarnings, unknownRuns } from './selection/choice-warnings.js';
import { retryWhileLocked, waitForUnlocked } from './sqlite/lock-wait.js';
import { Listing } from './state/listing.js';
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
  const store = openSource(options, own, {
    warn: (warning) => events.emit('warning', warning),
    retrying: (retry) => events.emit('retry', retry),
    failed: (failure) => {
      failures.set(failure.id, failure);
      events.emit('experiment:failed', failure);
    },
  });
  try {
    const listing = await Listing.begin(store, options.selection, signal);
    const unknown = unknownRuns(listing);
    if (unknown !== undefined) throw unknown;
    checkRepositoryPlace(options, store);
    const repository = await retryWhileLocked(() => Repository.open(options.repo), signal);
    const lock = RepositoryLock.take(repository.lockFile);
    try {
      repository.pin();
      events.emit('start', { source: store.uri, repo: dirname(repository.path) });
      const left = experimentTagsLeft(listing.concerned);
      if (left !== undefined) events.emit('warning', { code: 'tags-left-out', message: left });
      for (const warning of choiceWarnings(listing)) events.emit('warning', warning);
      await tellTraces(store, listing, events, signal);
      await convertOnce(options, events, { store, repository, stages: own.stages, listing, failures }, signal);
    } finally {
      lock.release();
    }
  } finally {
    await store.close();
  }
}

/** A source of traces only would look empty. Nothing else depends on their number. */
async function tellTraces(
  store: TrackingStore,
  { concerned: experiments }: Listing,
  events: ConvertEvents,
  signal: AbortSignal,
) {
  try {
    const count = await store.traces?.(experiments, signal);
    if (count !== undefined && count.traces > 0) events.emit('traces', count);
  } catch (cause) {
    signal.throwIfAborted();
    const { sentence } = toConvertError(cause, 'skip-item', store.uri);
    const message = `Traces, which stay in MLflow, could not be counted. ${sentence}`;
    events.emit('warning', { code: 'traces-not-counted', message });
  }
}

interface ListedEnds extends Ends {
  readonly listing: Listing;
  /** The experiments that could not be read, by id. */
  readonly failures: ReadonlyMap<string, ExperimentFailure>;
}

async function convertOnce(
  options: ResolvedOptions,
  events: ConvertEvents,
  { listing, failures, ...ends }: ListedEnds,
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
    await convertListed(conversion, listing, { events, done, force: options.force }, signal);
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

export interface ListedRunsListener {
  readonly events: ConvertEvents;
  readonly done: RunListener['done'];
  /** Unchanged runs are read again, too. */
  readonly force?: boolean;
}

/** Converts all runs of a listing, and follows the deletions that it shows. */
export async function convertListed(
  conversion: Conversion,
  listing: Listing,
  { events, done, force = false }: ListedRunsListener,
  signal: AbortSignal,
): Promise<void> {
  const runs = listing.runs(
    (experiment) => events.emit('experiment', experiment),
    signal,
    () => events.emit('listed'),
  );
  await conversion.pass(runs, signal, { ready: (run) => events.emit('run:ready', run), done, force, listsAhead: true });
  await conversion.missed(await listing.missing(conversion.ledger, signal), signal);
}
