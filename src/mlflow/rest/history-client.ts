import type { MetricPoint } from '../common/arrival-order.js';
import { MAX_PAGE_BYTES } from '../common/bounds.js';
import { chunks } from '../common/chunks.js';
import type { HttpClient } from '../http/http-client.js';
import { bytesOf, ResponseTooLargeError } from '../http/response.js';
import { responseErrorOf } from '../http/response-error.js';
import { bulkPath, describeMetric, historyRequest, PAGE_POINTS, pageLimit } from './history-requests.js';
import { type MetricsPage, parseMetrics } from './metrics-json.js';
import { LARGEST } from './point-list.js';
import { ServerKind } from './server-kind.js';
import type { ServerPoints } from './server-points.js';
import { streamWholeHistory } from './whole-history.js';
import { PageTokens } from './wire/page-tokens.js';

/** gunicorn, which serves MLflow 2, accepts request lines of at most 4094 bytes. */
const MAX_PATH_LENGTH = 3_900;

/** The points that the first request for a history returned, and where the rest is. */
export interface HistoryStart {
  readonly batches: readonly ServerPoints[];
  readonly length: number;
  /** The token of the next page; absent if these are all points. */
  readonly next?: string;
  /** The last point, if the server sorts and there is a next page: points up to it that come again there are skipped. */
  readonly last?: MetricPoint | undefined;
  /** The history is large and the server does not page it: it has to be streamed, and nothing has been read yet. */
  readonly unpaged?: true;
}

/** What responses have shown about the server. */
interface Abilities {
  bulk: boolean;
  /** How many runs one bulk request may name: 100, or 20 before about MLflow 2.10. */
  runsPerRequest: number;
  /** Whether get-history returns everything at once, as it does before MLflow 3. */
  unpaged: boolean;
}

/** Reads metric histories, with what it has learnt about the server. */
export class HistoryClient {
  readonly #abilities: Abilities = { bulk: true, runsPerRequest: 100, unpaged: false };
  readonly #kind: ServerKind;

  constructor(private readonly client: HttpClient) {
    this.#kind = new ServerKind(client);
  }

  /**
   * Whether one request can read the histories of many runs. get-history-bulk sorts, which is right for a database and wrong
   * for a file store, whose order is that of its files.
   */
  async canReadMany(signal: AbortSignal): Promise<boolean> {
    return this.#abilities.bulk && !(await this.#kind.keepsFiles(signal));
  }

  /** How many of these runs, from the first on, fit into one request. */
  fitting(runIds: readonly string[], key: string): number {
    let length = bulkPath([], key).length;
    let count = 0;
    while (count < Math.min(runIds.length, this.#abilities.runsPerRequest)) {
      length += runIds[count]!.length + '&run_id='.length;
      if (length > MAX_PATH_LENGTH) break;
      count++;
    }
    return Math.max(1, count);
  }

  /**
   * One metric of several runs with one request. The result lacks runs whose history the response may not hold whole, and is
   * empty if the server does not support such requests.
   */
  async readMany(runIds: readonly string[], key: string, signal: AbortSignal): Promise<Map<string, HistoryStart>> {
    const page = await this.#bulk(runIds, key, signal);
    if (page === undefined) return this.#readInParts(runIds, key, signal);
    const { points, runs } = page;
    points.restoreInfinities();
    const isCut = points.length >= PAGE_POINTS;
    const found = new Map<string, HistoryStart>(
      // a run that a cut response lacks may have points
      isCut ? [] : runIds.map((runId) => [runId, { batches: [], length: 0 }]),
    );
    for (const { runId, from, to } of isCut ? runs.slice(0, -1) : runs) {
      points.sort(from, to);
      found.set(runId, { batches: [...points.batches(from, to)], length: to - from });
    }
    return found;
  }

  /** As {@link readMany}, after the server has rejected a request for so many runs. */
  async #readInParts(runIds: readonly string[], key: string, signal: AbortSignal): Promise<Map<string, HistoryStart>> {
    const count = this.fitting(runIds, key);
    const found = new Map<string, HistoryStart>();
    if (!this.#abilities.bulk || count >= runIds.length) return found;
    for (const some of chunks(runIds, count)) {
      for (const [runId, start] of await this.readMany(some, key, signal)) found.set(runId, start);
    }
    return found;
  }

  /** The first points of a history, or all if there are few. `expected` is a guess at their number. */
  async start(runId: string, key: string, expected: number, signal: AbortSignal): Promise<HistoryStart> {
    if (expected < PAGE_POINTS && (await this.canReadMany(signal))) {
      const whole = (await this.readMany([runId], key, signal)).get(runId);
      if (whole !== undefined) return whole;
    }
    if (expected > PAGE_POINTS && this.#abilities.unpaged) return { batches: [], length: 0, unpaged: true };
    return this.#page(runId, key, '', signal);
  }

  /** A history that is listed but that a bulk response lacked, with a request of its own. */
  startAlone(runId: string, key: string, signal: AbortSignal): Promise<HistoryStart> {
    return this.#page(runId, key, '', signal);
  }

  /** A point as it was logged: a database keeps infinity as the largest double. */
  async asLogged({ step, value, timestamp }: MetricPoint, signal: AbortSignal): Promise<MetricPoint> {
    const isInfinite = Math.abs(value) === LARGEST && !(await this.#kind.keepsFiles(signal));
    return { step, timestamp, value: isInfinite ? Math.sign(value) * Infinity : value };
  }

  /** Whether histories can be read from an offset on. */
  canReadFrom(signal: AbortSignal): Promise<boolean> {
    return this.#kind.pagesHistories(signal);
  }

  /** The points of a history from the `offset`th on; needs {@link canReadFrom}. */
  startFrom(runId: string, key: string, offset: number, signal: AbortSignal): Promise<HistoryStart> {
    const token = Buffer.from(JSON.stringify({ offset })).toString('base64');
    return this.#page(runId, key, token, signal);
  }

  /** The points after the first ones. Requests the next page while the caller takes the last one. */
  async *rest(
    runId: string,
    key: string,
    start: HistoryStart,
    signal: AbortSignal,
  ): AsyncGenerator<ServerPoints, void, void> {
    if (start.unpaged) {
      const sorts = !(await this.#kind.keepsFiles(signal));
      yield* streamWholeHistory(this.client, { runId, key, sorts }, signal);
    }
    if (start.next === undefined) return;
    const leaving = new AbortController();
    const either = AbortSignal.any([signal, leaving.signal]);
    const tokens = new PageTokens(describeMetric(runId, key), this.client.server.shown);
    const request = (token: string, last: MetricPoint | undefined): Promise<HistoryStart> => {
      tokens.next(token);
      const page = this.#page(runId, key, token, either, last);
      page.catch(() => {}); // thrown where it is awaited
      return page;
    };
    try {
      for (let page: Promise<HistoryStart> | undefined = request(start.next, start.last); page !== undefined; ) {
        const { batches, next, last }: HistoryStart = await page;
        page = next === undefined ? undefined : request(next, last);
        yield* batches;
      }
    } finally {
      leaving.abort();
    }
  }

  async #bulk(runIds: readonly string[], key: string, signal: AbortSignal): Promise<MetricsPage | undefined> {
    try {
      const request = { path: bulkPath(runIds, key), what: describeMetric(runIds[0] ?? '', key) };
      return await this.client.read(request, signal, async (response) =>
        parseMetrics(await bytesOf(response, MAX_PAGE_BYTES)),
      );
    } catch (cause) {
      const status = responseErrorOf(cause)?.status;
      if (status === undefined) throw cause;
      if (status === 400 && runIds.length > 1) this.#abilities.runsPerRequest = runIds.length > 20 ? 20 : 1;
      else this.#abilities.bulk = false;
      return undefined;
    }
  }

  /** @param after the last point of the page before: a late point shifts those behind it onto the next page, where they repeat */
  async #page(
    runId: string,
    key: string,
    token: string,
    signal: AbortSignal,
    after?: MetricPoint,
  ): Promise<HistoryStart> {
    const isDatabase = !(await this.#kind.keepsFiles(signal));
    const response = await this.#parsePage(runId, key, token, signal);
    if (response === undefined) {
      this.#abilities.unpaged = true;
      return { batches: [], length: 0, unpaged: true };
    }
    const { points, nextPageToken } = response;
    if (isDatabase) {
      // MLflow leaves open which of 0 and NaN comes first, and all of the order in a response without pages
      points.sort();
      points.restoreInfinities();
    }
    if (points.length > PAGE_POINTS) this.#abilities.unpaged = true;
    const from = after === undefined ? 0 : points.countRepeated(after);
    const page = { batches: [...points.batches(from)], length: points.length - from };
    if (nextPageToken === undefined) return page;
    return { ...page, next: nextPageToken, ...(isDatabase && { last: points.last() ?? after }) };
  }

  /** Undefined if the response is too large for a page. */
  #parsePage(runId: string, key: string, token: string, signal: AbortSignal): Promise<MetricsPage | undefined> {
    return this.client.read(historyRequest(runId, key, token), signal, async (response) => {
      const bytes = await bytesOf(response, pageLimit(key)).catch((cause: unknown) => {
        if (cause instanceof ResponseTooLargeError) return undefined;
        throw cause;
      });
      return bytes && parseMetrics(bytes);
    });
  }
}
