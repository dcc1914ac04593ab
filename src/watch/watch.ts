import { dirname } from 'node:path';
import { Repository } from '../aim/repository.js';
import { RepositoryLock } from '../aim/repository-lock.js';
import { openConversion } from '../conversion/open-conversion.js';
import { type OwnParts, openSource, resolveOptions } from '../conversion/own-parts.js';
import { checkRepositoryPlace } from '../conversion/repository-place.js';
import type { ConvertEvents, ExperimentFailure, Warning } from '../events.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import { type RunSelection, type WatchOptions, watchPolicy } from '../options.js';
import { choiceWarnings } from '../selection/choice-warnings.js';
import { retryWhileLocked } from '../sqlite/lock-wait.js';
import { Listing } from '../state/listing.js';
import { Retries } from '../state/retries.js';
import { SyncJournal } from '../state/sync-journal.js';
import { watchersOf } from './open-watcher.js';
import { whenThere } from './wait-for-source.js';
import { type WatchEnds, WatchLoop } from './watch-loop.js';

/**
 * Updates the repository and then follows the source until `signal` is aborted; resolves then. Rejects with a `fatal` error
 * if it cannot start, or if another repository replaces this one. Any other failure is reported once and tried again, with
 * growing pauses. Whenever it ends, the repository holds only complete runs.
 */
export async function watch(
  given: WatchOptions,
  events: ConvertEvents,
  signal: AbortSignal,
  own: OwnParts = {},
): Promise<void> {
  const options = resolveOptions(given, own);
  const warn = (warning: Warning) => events.emit('warning', warning);
  const failures = new Map<string, ExperimentFailure>();
  const tellFailure = once((failure: ExperimentFailure) => events.emit('experiment:failed', failure));
  const open = async () => {
    const store = openSource(options, own, {
      warn: once(warn),
      retrying: (retry) => events.emit('retry', retry),
      failed: (failure) => {
        failures.set(failure.id, failure);
        tellFailure(failure);
      },
    });
    return { store, listing: await beginOrClose(store, options.selection, signal) };
  };
  const policy = watchPolicy(given);
  try {
    const { store, listing } = policy.waitForSource ? await whenThere(open, events, signal) : await open();
    try {
      checkRepositoryPlace(options, store);
      const repository = await retryWhileLocked(() => Repository.open(options.repo), signal);
      const lock = RepositoryLock.take(repository.lockFile);
      try {
        repository.pin();
        events.emit('start', { source: store.uri, repo: dirname(repository.path) });
        for (const warning of choiceWarnings(listing)) warn(warning);
        const retries = new Retries();
        const ends: WatchEnds = {
          source: { store, selection: options.selection, failures },
          repository,
          openConversion: () => openConversion({ store, repository, stages: own.stages }, options, events, retries),
          openJournal: () => SyncJournal.open(repository.ledgerFile, store.uri),
          openWatcher: watchersOf(store.changes),
          force: options.force,
        };
        await new WatchLoop(ends, policy, events).run(listing, signal);
      } finally {
        lock.release();
      }
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Lists the experiments of a store; closes the store if that fails. */
async function beginOrClose(store: TrackingStore, selection: RunSelection, signal: AbortSignal): Promise<Listing> {
  try {
    return await Listing.begin(store, selection, signal);
  } catch (cause) {
    await store.close();
    throw cause;
  }
}

/** Reports each message once: every pass meets the same unreadable experiment. */
function once<T extends { readonly message: string }>(tell: (item: T) => void): (item: T) => void {
  const told = new Set<string>();
  return (item) => {
    if (!told.has(item.message)) tell(item);
    told.add(item.message);
  };
}
