import type { RunRef } from '../../model.js';
import { isActive } from '../../model.js';
import type { HistoryClient, HistoryStart } from './histories.js';
import { PAGE_POINTS } from './history-requests.js';
import type { RunRecord } from './run-record.js';

/** A bulk request should stay below the limit of its answer, though the numbers of points are guesses. */
const POINTS_AT_ONCE = 20_000;

/** What all groups of a store have under way. */
export interface Load {
  /** Requests. */
  underWay: number;
  /** Points that were fetched along and wait to be taken. */
  held: number;
}

/** A request, and what became of it for one run: nothing when the answer does not hold its history whole. */
interface Fetch {
  readonly start: Promise<HistoryStart | undefined>;
  /** Whether others share the request. */
  readonly shared: boolean;
  /** Points that wait here to be taken; 0 while they are under way, and once they are taken. */
  held: number;
}

/**
 * Runs that stand next to each other in a listing and are read together: whoever asks for a metric of one gets the same
 * metric of the others fetched along, as far as a request holds them, and the next metrics begun.
 *
 * What was fetched waits until its run asks for it, and is given away then: who asks a second time fetches anew.
 */
export class PrefetchBatch {
  /** For each metric the runs for which it has been asked, ever. */
  readonly #asked = new Map<string, Set<string>>();
  readonly #waiting = new Map<string, Fetch>();

  /**
   * @param records the runs by id, in the order of the listing
   * @param signal ends the requests that nobody in particular waits for
   */
  constructor(
    readonly records: ReadonlyMap<string, RunRecord>,
    private readonly histories: HistoryClient,
    private readonly load: Load,
    private readonly signal: AbortSignal,
  ) {}

  /** The beginning of a history, when it comes; {@link begin} must have been called for it, or it is fetched alone. */
  async take(runId: string, key: string, signal: AbortSignal): Promise<HistoryStart> {
    const place = placeOf(runId, key);
    const fetch = this.#waiting.get(place);
    this.#waiting.delete(place);
    if (fetch !== undefined) {
      this.#release(fetch);
      try {
        const start = await settled(fetch.start, signal);
        if (start !== undefined) return start;
      } catch (cause) {
        signal.throwIfAborted();
        if (!fetch.shared) throw cause; // one of the others may be to blame
      }
    }
    return this.histories.start(runId, key, expectedPoints(this.records.get(runId), key), signal);
  }

  /** Forgets what nobody has taken. */
  drop(): void {
    for (const fetch of this.#waiting.values()) this.#release(fetch);
    this.#waiting.clear();
  }

  /** The metrics of a run that nobody has asked for yet. */
  *ahead(ref: RunRef): Generator<string, void, void> {
    for (const key of this.records.get(ref.runId)?.latest.keys() ?? []) {
      if (!this.#asked.get(key)?.has(ref.runId)) yield key;
    }
  }

  /** Sends a request for a metric of a run, and of others if it can, unless one is under way. Does not wait for the answer. */
  async begin(runId: string, key: string): Promise<void> {
    const canCoalesce = await this.histories.canCoalesce(this.signal);
    if (this.#waiting.has(placeOf(runId, key))) return;
    const asked = this.#asked.get(key) ?? new Set();
    this.#asked.set(key, asked);
    const together = canCoalesce ? this.#companions(runId, key, asked) : [runId];
    for (const id of together) asked.add(id);
    this.load.underWay++;
    const answer = this.#request(together, key).finally(() => {
      this.load.underWay--;
    });
    const shared = together.length > 1;
    for (const id of together)
      this.#wait(placeOf(id, key), { start: answer.then((found) => found.get(id)), shared, held: 0 });
  }

  async #request(runIds: readonly string[], key: string): Promise<ReadonlyMap<string, HistoryStart>> {
    if (runIds.length > 1) return this.histories.ofMany(runIds, key, this.signal);
    const [runId = ''] = runIds;
    const expected = expectedPoints(this.records.get(runId), key);
    return new Map([[runId, await this.histories.start(runId, key, expected, this.signal)]]);
  }

  /** The run itself first, then those whose history of this metric goes into the same request. */
  #companions(runId: string, key: string, asked: ReadonlySet<string>): string[] {
    const own = this.records.get(runId);
    let points = expectedPoints(own, key);
    const together = [runId];
    if (points >= PAGE_POINTS || asked.has(runId)) return together;
    for (const [id, record] of this.records) {
      if (id === runId || asked.has(id) || !record.latest.has(key) || isActive(record.run)) continue;
      // the deleted are mostly passed over; when they are not, they come together
      if (record.run.lifecycleStage === 'deleted' && own?.run.lifecycleStage !== 'deleted') continue;
      const more = expectedPoints(record, key);
      if (points + more > POINTS_AT_ONCE) continue;
      points += more;
      together.push(id);
    }
    return together.slice(0, this.histories.fitting(together, key));
  }

  #wait(place: string, fetch: Fetch): void {
    this.#waiting.set(place, fetch);
    fetch.start.then(
      (found) => {
        if (this.#waiting.get(place) !== fetch) return; // taken already
        fetch.held = found?.length ?? 0;
        this.load.held += fetch.held;
      },
      () => {}, // whoever takes it hears of it
    );
  }

  #release(fetch: Fetch): void {
    this.load.held -= fetch.held;
    fetch.held = 0;
  }
}

function placeOf(runId: string, key: string): string {
  return `${runId} ${key}`;
}

/** A guess: most trainings count their steps from 0 by 1. */
function expectedPoints(record: RunRecord | undefined, key: string): number {
  return Math.max(1, Math.min(Number(record?.latest.get(key)?.step ?? 0) + 1, PAGE_POINTS + 1));
}

/** The outcome of work that is not ours alone; rejects with the signal's reason when that is aborted first. */
export async function settled<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
