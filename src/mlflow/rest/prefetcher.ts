import type { RunRef } from '../../model.js';
import type { HistoryClient, HistoryStart } from './histories.js';
import { unpackLocator } from './locator.js';
import { type Load, PrefetchBatch, settled } from './prefetch-batch.js';
import type { LatestPoint, RunRecord } from './run-record.js';

/** The window grows by this factor each time it was of use. */
const GROWTH = 4;
const WIDEST_WINDOW = 100;
/** No more metrics are begun while so many points (24 bytes each) wait to be taken. */
const MOST_HELD = 1_000_000;

/** How many runs are listed with one request. */
export const RUNS_PER_PAGE = 100;

/** What the look-ahead needs from the store. */
export interface RunLoader {
  /** Up to `count` runs of the page on which a run was listed, from that run on; empty when it is no longer there. */
  neighbours(ref: RunRef, count: number, signal: AbortSignal): Promise<Map<string, RunRecord>>;
  /** One run by itself. Rejects with `not-a-run` when it is not there. */
  one(ref: RunRef, signal: AbortSignal): Promise<RunRecord>;
}

interface Window {
  readonly experimentId: string;
  /** The place of the first run among those of the experiment, and that behind the last. */
  readonly from: number;
  readonly to: number;
  /** The reference for which it was made, and which it serves even if the run has changed since it was listed. */
  readonly locator: string;
  readonly group: Promise<PrefetchBatch>;
}

/**
 * Reads ahead, as a file system does: when runs are asked for in the order in which they were listed, the ones that
 * follow are read along in groups that grow from 1 to 100; when they are asked for here and there, each is read alone.
 * A server answers one request for a hundred short histories in the time of six for one each.
 *
 * Runs that may still grow are always read alone and anew. Of the others, what was read before a reference was made
 * serves it only if both have the same digest.
 */
export class Prefetcher {
  #windows: Window[] = [];
  readonly #load: Load = { underWay: 0, held: 0 };

  constructor(
    private readonly source: RunLoader,
    private readonly histories: HistoryClient,
    /** Requests under way"none" */
    private readonly concurrency: number,
    /** Ends the requests that nobody in particular waits for. */
    private readonly signal: AbortSignal,
  ) {}

  /** The header of a run. */
  async record(ref: RunRef, signal: AbortSignal): Promise<RunRecord> {
    const group = await this.#groupOf(ref, signal, unpackLocator(ref).active);
    return group.records.get(ref.runId)!;
  }

  /** The metrics of a run. */
  async latest(ref: RunRef, signal: AbortSignal): Promise<ReadonlyMap<string, LatestPoint>> {
    const group = await this.#groupOf(ref, signal, false);
    return group.records.get(ref.runId)!.latest;
  }

  /** The first points of a history. */
  async start(ref: RunRef, key: string, signal: AbortSignal): Promise<HistoryStart> {
    const group = await this.#groupOf(ref, signal, false);
    if (!group.records.get(ref.runId)!.latest.has(key)) return { batches: [], length: 0 };
    await settled(group.begin(ref.runId, key), signal);
    await settled(this.#beginOthers(group, ref), signal);
    return group.take(ref.runId, key, signal);
  }

  /** Begins further metrics of the run, so that as many requests are under way as may be. */
  async #beginOthers(group: PrefetchBatch, ref: RunRef): Promise<void> {
    for (const key of group.ahead(ref)) {
      if (this.#load.underWay >= this.concurrency || this.#load.held > MOST_HELD) return;
      await group.begin(ref.runId, key);
    }
  }

  /** The group in which a run is read: one that is there, or a new one. `anew` for a run that may have changed. */
  async #groupOf(ref: RunRef, signal: AbortSignal, anew: boolean): Promise<PrefetchBatch> {
    const { ordinal, index, digest, active } = unpackLocator(ref);
    const serves = ({ experimentId, from, to }: Window): boolean =>
      experimentId === ref.experimentId && from <= ordinal && ordinal < to;
    for (const window of anew ? [] : this.#windows.filter(serves)) {
      const group = await settled(window.group, signal).catch(() => undefined);
      signal.throwIfAborted();
      const record = group?.records.get(ref.runId);
      if (group === undefined || record === undefined) continue;
      if (record.digest === digest || window.locator === ref.locator) return group;
    }
    const size = active ? 1 : Math.min(this.#nextSize(ref, ordinal), RUNS_PER_PAGE - index);
    const group = this.#read(ref, size);
    this.#open({ experimentId: ref.experimentId, from: ordinal, to: ordinal + size, locator: ref.locator, group });
    return settled(group, signal);
  }

  #open(window: Window): void {
    this.#windows.unshift(window);
    const drop = ({ group }: Window): void => void group.then((some) => some.drop()).catch(() => {});
    this.#windows.splice(this.concurrency + 2).forEach(drop);
    window.group.catch(() => {
      this.#windows = this.#windows.filter((one) => one !== window);
    });
  }

  /** Larger than the last window when this run stands right behind it, give or take those that are under way"none" */
  #nextSize({ experimentId }: RunRef, ordinal: number): number {
    for (const { experimentId: other, from, to } of this.#windows) {
      const gap = ordinal - to;
      if (other !== experimentId || gap < 0 || gap > this.concurrency) continue;
      return Math.min(WIDEST_WINDOW, (to - from) * GROWTH);
    }
    return 1;
  }

  #group(records: ReadonlyMap<string, RunRecord>): PrefetchBatch {
    return new PrefetchBatch(records, this.histories, this.#load, this.signal);
  }

  async #read(ref: RunRef, size: number): Promise<PrefetchBatch> {
    const { digest } = unpackLocator(ref);
    const records = size === 1 ? new Map<string, RunRecord>() : await this.source.neighbours(ref, size, this.signal);
    const own = records.get(ref.runId);
    if (own !== undefined && own.digest === digest) return this.#group(records);
    return this.#group(new Map([[ref.runId, await this.source.one(ref, this.signal)]]));
  }
}
