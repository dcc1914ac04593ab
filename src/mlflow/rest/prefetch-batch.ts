import type { RunRef } from '../../model.js';
import { isActive } from '../../model.js';
import { abortable } from '../../wait.js';
import type { HistoryClient, HistoryStart } from './history-client.js';
import { PAGE_POINTS } from './history-requests.js';
import type { RunRecord } from './run-record.js';

/** Below the limit of a bulk response, because numbers of points are guesses. */
const MAX_BULK_POINTS = 20_000;

/** What all batches of a store have in progress. */
export interface PrefetchLoad {
  /** Requests under way. */
  requests: number;
  /** Points that were prefetched and not yet taken. */
  points: number;
}

/** A request, as far as it concerns one run: undefined if the response does not hold its history whole. */
interface Fetch {
  readonly start: Promise<HistoryStart | undefined>;
  /** Whether other runs share the request. */
  readonly shared: boolean;
  /** Points that are held; 0 until they arrive and after they are taken. */
  points: number;
}

/**
 * Neighbours in a listing that are read together: a request for a metric of one run includes the same metric of the others,
 * as far as they fit.
 *
 * A prefetched history is held until its run asks for it, once; asking again fetches it again.
 */
export class PrefetchBatch {
  /** Per metric, the runs for which it has ever been requested. */
  readonly #requested = new Map<string, Set<string>>();
  readonly #held = new Map<string, Fetch>();

  /**
   * @param records the runs by id, in the order of the listing
   * @param signal ends the requests
   */
  constructor(
    readonly records: ReadonlyMap<string, RunRecord>,
    private readonly histories: HistoryClient,
    private readonly load: PrefetchLoad,
    private readonly signal: AbortSignal,
  ) {}

  /** The beginning of a history, from a request that {@link begin} sent, or else from one of its own. */
  async take(runId: string, key: string, signal: AbortSignal): Promise<HistoryStart> {
    const id = historyId(runId, key);
    const fetch = this.#held.get(id);
    this.#held.delete(id);
    if (fetch !== undefined) {
      this.#release(fetch);
      try {
        const start = await abortable(fetch.start, signal);
        if (start !== undefined) return start;
      } catch (cause) {
        signal.throwIfAborted();
        if (!fetch.shared) throw cause; // otherwise another run may be the cause
      }
    }
    return this.histories.start(runId, key, expectedPoints(this.records.get(runId), key), signal);
  }

  /** Drops everything that has not been taken. */
  drop(): void {
    for (const fetch of this.#held.values()) this.#release(fetch);
    this.#held.clear();
  }

  /** The metrics of a run that have not been requested. */
  *unrequested(ref: RunRef): Generator<string, void, void> {
    for (const key of this.records.get(ref.runId)?.latest.keys() ?? []) {
      if (!this.#requested.get(key)?.has(ref.runId)) yield key;
    }
  }

  /** Sends a request for a metric of a run, and of others if possible, unless one is under way. Does not wait for the response. */
  async begin(runId: string, key: string): Promise<void> {
    const canReadMany = await this.histories.canReadMany(this.signal);
    if (this.#held.has(historyId(runId, key))) return;
    const requested = this.#requested.get(key) ?? new Set();
    this.#requested.set(key, requested);
    const runIds = canReadMany ? this.#companions(runId, key, requested) : [runId];
    for (const id of runIds) requested.add(id);
    this.load.requests++;
    const response = this.#request(runIds, key).finally(() => {
      this.load.requests--;
    });
    const shared = runIds.length > 1;
    for (const id of runIds) {
      this.#hold(historyId(id, key), { start: response.then((found) => found.get(id)), shared, points: 0 });
    }
  }

  async #request(runIds: readonly string[], key: string): Promise<ReadonlyMap<string, HistoryStart>> {
    if (runIds.length > 1) return this.histories.readMany(runIds, key, this.signal);
    const [runId = ''] = runIds;
    const expected = expectedPoints(this.records.get(runId), key);
    return new Map([[runId, await this.histories.start(runId, key, expected, this.signal)]]);
  }

  /** The run itself, then those whose history of this metric fits into the same request. */
  #companions(runId: string, key: string, requested: ReadonlySet<string>): string[] {
    const own = this.records.get(runId);
    let points = expectedPoints(own, key);
    const runIds = [runId];
    if (points >= PAGE_POINTS || requested.has(runId)) return runIds;
    for (const [id, record] of this.records) {
      if (id === runId || requested.has(id) || !record.latest.has(key) || isActive(record.run)) continue;
      // deleted runs are mostly skipped; if they are not, they are read together
      if (record.run.lifecycleStage === 'deleted' && own?.run.lifecycleStage !== 'deleted') continue;
      const more = expectedPoints(record, key);
      if (points + more > MAX_BULK_POINTS) continue;
      points += more;
      runIds.push(id);
    }
    return runIds.slice(0, this.histories.fitting(runIds, key));
  }

  #hold(id: string, fetch: Fetch): void {
    this.#held.set(id, fetch);
    fetch.start.then(
      (found) => {
        if (this.#held.get(id) !== fetch) return; // taken already
        fetch.points = found?.length ?? 0;
        this.load.points += fetch.points;
      },
      () => {}, // thrown where it is taken
    );
  }

  #release(fetch: Fetch): void {
    this.load.points -= fetch.points;
    fetch.points = 0;
  }
}

function historyId(runId: string, key: string): string {
  return `${runId} ${key}`;
}

/** A guess: most trainings count their steps from 0 by 1. */
function expectedPoints(record: RunRecord | undefined, key: string): number {
  return Math.max(1, Math.min(Number(record?.latest.get(key)?.step ?? 0) + 1, PAGE_POINTS + 1));
}
