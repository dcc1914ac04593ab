import type { RunRef } from '../../model.js';
import { abortable } from '../../wait.js';
import type { HistoryClient, HistoryStart } from './history-client.js';
import { unpackLocator } from './locator.js';
import { PrefetchBatch, type PrefetchLoad } from './prefetch-batch.js';
import type { LatestPoint, RunRecord } from './run-record.js';

/** The factor by which each window is larger than the one before it. */
const GROWTH = 4;
const WIDEST_WINDOW = 100;
/** Prefetching stops while so many points (24 bytes each) are held. */
const MAX_HELD_POINTS = 1_000_000;

/** How many runs are listed with one request. */
export const RUNS_PER_PAGE = 100;

/** What the prefetcher needs from the store. */
export interface RunLoader {
  /** Up to `count` runs of the page on which a run was listed, from that run on; empty if it is no longer there. */
  neighbours(ref: RunRef, count: number, signal: AbortSignal): Promise<Map<string, RunRecord>>;
  /** One run by itself. Rejects with `not-a-run` if it no longer exists. */
  one(ref: RunRef, signal: AbortSignal): Promise<RunRecord>;
}

/** Runs that are next to each other in the listing of an experiment, and are read together. */
interface Window {
  readonly experimentId: string;
  /** The ordinals of its first run, and of the run after its last. */
  readonly from: number;
  readonly to: number;
  /** The reference for which it was opened: it serves that one even if the run has changed since it was listed. */
  readonly locator: string;
  readonly batch: Promise<PrefetchBatch>;
}

/**
 * Reads ahead, as a file system does. Runs that are requested in the order of their listing are read in batches that grow
 * from 1 to 100; a run that is requested out of order is read alone. A server takes as long for one request for a hundred
 * short histories as for six requests for one each.
 *
 * Active runs are always read alone and again. Of other runs, what was read before a reference was made serves it only if
 * both have the same digest.
 */
export class Prefetcher {
  #windows: Window[] = [];
  readonly #load: PrefetchLoad = { requests: 0, points: 0 };

  constructor(
    private readonly loader: RunLoader,
    private readonly histories: HistoryClient,
    /** The most requests under way at once. */
    private readonly concurrency: number,
    /** Ends the requests: they serve several callers, whose own signals only end their waiting. */
    private readonly signal: AbortSignal,
  ) {}

  /** The header of a run. */
  async record(ref: RunRef, signal: AbortSignal): Promise<RunRecord> {
    const { active } = unpackLocator(ref);
    const batch = active ? await this.#openWindow(ref, signal) : await this.#batchOf(ref, signal);
    return batch.records.get(ref.runId)!;
  }

  /** The metrics of a run. */
  async latest(ref: RunRef, signal: AbortSignal): Promise<ReadonlyMap<string, LatestPoint>> {
    const batch = await this.#batchOf(ref, signal);
    return batch.records.get(ref.runId)!.latest;
  }

  /** The first points of a history. */
  async start(ref: RunRef, key: string, signal: AbortSignal): Promise<HistoryStart> {
    const batch = await this.#batchOf(ref, signal);
    if (!batch.records.get(ref.runId)!.latest.has(key)) return { batches: [], length: 0 };
    await abortable(batch.begin(ref.runId, key), signal);
    await abortable(this.#prefetch(batch, ref), signal);
    return batch.take(ref.runId, key, signal);
  }

  /** Requests further metrics of the run, up to the limit of requests. */
  async #prefetch(batch: PrefetchBatch, ref: RunRef): Promise<void> {
    for (const key of batch.unrequested(ref)) {
      if (this.#load.requests >= this.concurrency || this.#load.points > MAX_HELD_POINTS) return;
      await batch.begin(ref.runId, key);
    }
  }

  /** The batch of an open window that serves the run, else of a new one. */
  async #batchOf(ref: RunRef, signal: AbortSignal): Promise<PrefetchBatch> {
    const { ordinal, digest } = unpackLocator(ref);
    const serves = ({ experimentId, from, to }: Window): boolean =>
      experimentId === ref.experimentId && from <= ordinal && ordinal < to;
    for (const window of this.#windows.filter(serves)) {
      const batch = await abortable(window.batch, signal).catch(() => undefined);
      signal.throwIfAborted();
      const record = batch?.records.get(ref.runId);
      if (batch === undefined || record === undefined) continue;
      if (record.digest === digest || window.locator === ref.locator) return batch;
    }
    return this.#openWindow(ref, signal);
  }

  #openWindow(ref: RunRef, signal: AbortSignal): Promise<PrefetchBatch> {
    const { ordinal, index, active } = unpackLocator(ref);
    const size = active ? 1 : Math.min(this.#nextSize(ref, ordinal), RUNS_PER_PAGE - index);
    const batch = this.#read(ref, size);
    const window = { experimentId: ref.experimentId, from: ordinal, to: ordinal + size, locator: ref.locator, batch };
    this.#windows.unshift(window);
    batch.catch(() => {
      this.#windows = this.#windows.filter((one) => one !== window);
    });
    for (const old of this.#windows.splice(this.concurrency + 2))
      void old.batch.then((one) => one.drop()).catch(() => {});
    return abortable(batch, signal);
  }

  /** Grows if this run directly follows a window; runs that are read at the same time may be out of order. */
  #nextSize({ experimentId }: RunRef, ordinal: number): number {
    for (const { experimentId: other, from, to } of this.#windows) {
      const gap = ordinal - to;
      if (other !== experimentId || gap < 0 || gap > this.concurrency) continue;
      return Math.min(WIDEST_WINDOW, (to - from) * GROWTH);
    }
    return 1;
  }

  async #read(ref: RunRef, size: number): Promise<PrefetchBatch> {
    const { digest } = unpackLocator(ref);
    const records = size === 1 ? new Map<string, RunRecord>() : await this.loader.neighbours(ref, size, this.signal);
    const own = records.get(ref.runId);
    if (own !== undefined && own.digest === digest) return this.#batch(records);
    return this.#batch(new Map([[ref.runId, await this.loader.one(ref, this.signal)]]));
  }

  #batch(records: ReadonlyMap<string, RunRecord>): PrefetchBatch {
    return new PrefetchBatch(records, this.histories, this.#load, this.signal);
  }
}
