import { ConvertError } from '../../errors.js';
import type { PointBatch } from '../../model.js';
import { MAX_PAGE_BYTES, MAX_SORTED_POINTS } from '../common/bounds.js';
import { chunks } from '../common/chunks.js';
import type { HttpClient } from '../http/http-client.js';
import { bytesOf, type HttpResponse, lengthOf, ResponseTooLargeError } from '../http/response.js';
import { responseErrorOf } from '../http/response-error.js';
import { bulkPath, historyRequest, PAGE_POINTS, pageLimit, whatOf } from './history-requests.js';
import { type MetricsPage, parseMetrics } from './metrics-json.js';
import { streamMetrics } from './metrics-stream.js';
import { type HistoryPoint, PointList } from './point-list.js';
import { givesPages, keepsFiles } from './server-kind.js';
import { PageTokens } from './wire/page-tokens.js';

/** gunicorn, which serves MLflow 2, takes no longer request line than 4094 bytes. */
const LONGEST_PATH = 3_900;

/** The points of a history that came with the first request for it, and where it goes on. */
export interface HistoryStart {
  readonly batches: readonly PointBatch[];
  readonly length: number;
  /** The token of the next page; absent when the points are all there are. */
  readonly next?: string;
  /** Of a page before others, where the server sorts: what is not behind it on the next one was there already. */
  readonly last?: HistoryPoint | undefined;
  /** The history is large and comes in one answer only, which is to be read as a stream; nothing has been read yet. */
  readonly unpaged?: true;
}

/** What the requests for histories have taught about the server. */
interface Abilities {
  bulk: boolean;
  /** How many runs one bulk request may name: 100, before MLflow 2.10 or so 20. */
  runsAtOnce: number;
  /** Whether get-history gives everything"none" as it does before MLflow 3. */
  unpaged: boolean;
}

/** The requests for metric histories, and what is known of the server that answers them. */
export class HistoryClient {
  readonly #able: Abilities = { bulk: true, runsAtOnce: 100, unpaged: false };
  #keepsFiles: Promise<boolean> | undefined;
  #pages: Promise<boolean> | undefined;

  constructor(private readonly client: HttpClient) {}

  /**
   * Whether the histories of many runs can be had with one request. get-history-bulk sorts, which is right for a database
   * and wrong for a file store, whose order is that of its files.
   */
  async canCoalesce(signal: AbortSignal): Promise<boolean> {
    return this.#able.bulk && !(await this.#filesBehind(signal));
  }

  /** How many of these runs one request may ask for, from the first on. */
  fitting(runIds: readonly string[], key: string): number {
    let length = bulkPath([], key).length;
    let count = 0;
    while (count < Math.min(runIds.length, this.#able.runsAtOnce)) {
      length += runIds[count]!.length + '&run_id='.length;
      if (length > LONGEST_PATH) break;
      count++;
    }
    return Math.max(1, count);
  }

  /**
   * One metric of several runs with one request. Runs whose history the answer may not hold whole are not in the result;
   * so are all of them when the server cannot do it.
   */
  async ofMany(runIds: readonly string[], key: string, signal: AbortSignal): Promise<Map<string, HistoryStart>> {
    const answer = await this.#bulk(runIds, key, signal);
    if (answer === undefined) return this.#inParts(runIds, key, signal);
    const { points, runs } = answer;
    points.restoreInfinities();
    const isCut = points.length >= PAGE_POINTS;
    const found = new Map<string, HistoryStart>(
      // when the answer is cut, nobody knows of those that are not in it
      isCut ? [] : runIds.map((runId) => [runId, { batches: [], length: 0 }]),
    );
    for (const { runId, from, to } of isCut ? runs.slice(0, -1) : runs) {
      found.set(runId, { batches: [...points.batches(from, to)], length: to - from });
    }
    return found;
  }

  /** As {@link ofMany}, when the server has just refused to take so many runs"none" */
  async #inParts(runIds: readonly string[], key: string, signal: AbortSignal): Promise<Map<string, HistoryStart>> {
    const count = this.fitting(runIds, key);
    const found = new Map<string, HistoryStart>();
    if (!this.#able.bulk || count >= runIds.length) return found;
    for (const some of chunks(runIds, count)) {
      for (const [runId, start] of await this.ofMany(some, key, signal)) found.set(runId, start);
    }
    return found;
  }

  /** The first points of a history, which are all when they are few. `expected` is a guess at how many there are. */
  async start(runId: string, key: string, expected: number, signal: AbortSignal): Promise<HistoryStart> {
    if (expected < PAGE_POINTS && (await this.canCoalesce(signal))) {
      const whole = (await this.ofMany([runId], key, signal)).get(runId);
      if (whole !== undefined) return whole;
    }
    if (expected > PAGE_POINTS && this.#able.unpaged) return { batches: [], length: 0, unpaged: true };
    return this.#page(runId, key, '', signal);
  }

  /** A history that the listing tells of and an answer did not hold, asked for by itself. */
  again(runId: string, key: string, signal: AbortSignal): Promise<HistoryStart> {
    return this.#page(runId, key, '', signal);
  }

  /** A point as it was logged: a database has the largest double for infinity. */
  async asLogged({ step, value, timestamp }: HistoryPoint, signal: AbortSignal): Promise<PointBatch> {
    const points = new PointList();
    points.push(timestamp, value, step);
    if (!(await this.#filesBehind(signal))) points.restoreInfinities();
    return [...points.batches()][0]!;
  }

  /** Whether histories can be read from some point on; servers before MLflow 3 give them whole. */
  async canGoOn(signal: AbortSignal): Promise<boolean> {
    this.#pages ??= givesPages(this.client, signal).catch((error: unknown) => {
      this.#pages = undefined;
      throw error;
    });
    return this.#pages;
  }

  /** The points of a history from the `offset`th on. The server must be able to {@link canGoOn}. */
  from(runId: string, key: string, offset: number, signal: AbortSignal): Promise<HistoryStart> {
    const token = Buffer.from(JSON.stringify({ offset })).toString('base64');
    return this.#page(runId, key, token, signal);
  }

  /** What follows the first points; the next page is under way while one is taken. */
  async *rest(
    runId: string,
    key: string,
    start: HistoryStart,
    signal: AbortSignal,
  ): AsyncGenerator<PointBatch, void, void> {
    if (start.unpaged) yield* this.#whole(runId, key, signal);
    if (start.next === undefined) return;
    const leaving = new AbortController();
    const either = AbortSignal.any([signal, leaving.signal]);
    const turned = new PageTokens(whatOf(runId, key), this.client.server.shown);
    const ask = (token: string, last: HistoryPoint | undefined): Promise<HistoryStart> => {
      turned.next(token);
      const asked = this.#page(runId, key, token, either, last);
      asked.catch(() => {}); // whoever waits for it hears of it
      return asked;
    };
    try {
      for (let asked: Promise<HistoryStart> | undefined = ask(start.next, start.last); asked !== undefined; ) {
        const { batches, next, last }: HistoryStart = await asked;
        asked = next === undefined ? undefined : ask(next, last);
        yield* batches;
      }
    } finally {
      leaving.abort();
    }
  }

  #filesBehind(signal: AbortSignal): Promise<boolean> {
    this.#keepsFiles ??= keepsFiles(this.client, signal).catch((error: unknown) => {
      this.#keepsFiles = undefined;
      throw error;
    });
    return this.#keepsFiles;
  }

  async #bulk(runIds: readonly string[], key: string, signal: AbortSignal): Promise<MetricsPage | undefined> {
    try {
      const request = { path: bulkPath(runIds, key), what: whatOf(runIds[0] ?? '', key) };
      return await this.client.read(request, signal, async (answer) =>
        parseMetrics(await bytesOf(answer, MAX_PAGE_BYTES)),
      );
    } catch (cause) {
      const status = responseErrorOf(cause)?.status;
      if (status === undefined) throw cause;
      if (status === 400 && runIds.length > 1) this.#able.runsAtOnce = runIds.length > 20 ? 20 : 1;
      else this.#able.bulk = false;
      return undefined;
    }
  }

  /** @param after the last point of the page before: a late point moves those behind it onto the next page, where they come again */
  async #page(
    runId: string,
    key: string,
    token: string,
    signal: AbortSignal,
    after?: HistoryPoint,
  ): Promise<HistoryStart> {
    const database = !(await this.#filesBehind(signal));
    const answer = await this.client.read(historyRequest(runId, key, token), signal, async (response) => {
      const bytes = await bytesOf(response, pageLimit(key)).catch((cause: unknown) => {
        if (cause instanceof ResponseTooLargeError) return undefined;
        throw cause;
      });
      return bytes && parseMetrics(bytes);
    });
    if (answer === undefined) {
      this.#able.unpaged = true;
      return { batches: [], length: 0, unpaged: true };
    }
    const { points, nextPageToken } = answer;
    // pages come in the order of the contract; what comes"none"may come in any
    if (database && token === '' && nextPageToken === undefined) points.sort();
    if (database) points.restoreInfinities();
    if (points.length > PAGE_POINTS) this.#able.unpaged = true;
    const from = after === undefined ? 0 : points.countRepeated(after);
    const page = { batches: [...points.batches(from)], length: points.length - from };
    if (nextPageToken === undefined) return page;
    return { ...page, next: nextPageToken, ...(database && { last: points.last() ?? after }) };
  }

  /** A history that comes in one large answer. Of a database it has to be sorted, 24 bytes a point. */
  async *#whole(runId: string, key: string, signal: AbortSignal): AsyncGenerator<PointBatch, void, void> {
    const request = historyRequest(runId, key);
    if (await this.#filesBehind(signal)) {
      yield* this.client.stream(request, signal, (answer) => wholeHistory(answer, key));
      return;
    }
    const points = await this.client.read(request, signal, async (answer) => {
      const all = new PointList();
      for await (const batch of wholeHistory(answer, key)) {
        if (all.length + batch.steps.length > MAX_SORTED_POINTS) throw this.#tooLong(runId, key);
        all.append(batch);
      }
      return all;
    });
    points.sort();
    points.restoreInfinities();
    for (const batch of points.batches()) {
      yield batch;
      signal.throwIfAborted();
    }
  }

  #tooLong(runId: string, key: string): ConvertError {
    const message = `Metric ${JSON.stringify(key)} of run ${runId} has more than ${MAX_SORTED_POINTS} points, which this server gives unsorted and all"none"`;
    const hint = 'Start a server of MLflow 3 on the same database, or give the database itself as the tracking URI.';
    return new ConvertError('skip-run', 'too-large', message, { where: this.client.server.shown, hint });
  }
}

/** Parsing a stream takes ten times as long, so it is for those answers that are too large to be held, or may be. */
async function* wholeHistory(answer: HttpResponse, key: string): AsyncGenerator<PointBatch, void, void> {
  const limit = pageLimit(key);
  if ((lengthOf(answer) ?? Number.POSITIVE_INFINITY) > limit) yield* streamMetrics(answer.body);
  else yield* parseMetrics(await bytesOf(answer, limit)).points.batches();
}
