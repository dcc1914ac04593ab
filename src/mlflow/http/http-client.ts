import { ConvertError } from '../../errors.js';
import type { Retry } from '../../events.js';
import type { SourceOptions } from '../../options.js';
import { sleep } from '../../wait.js';
import { MAX_ERROR_BYTES, MAX_JSON_BYTES, MAX_JSON_VALUES } from '../common/bounds.js';
import { type FilePart, resumedDownload } from '../common/resumed-download.js';
import { ACCEPTED_CODINGS } from './content-coding.js';
import { type Environment, type RetrySettings, retrySettings } from './environment.js';
import { exactJson } from './exact-json.js';
import { HttpConnection } from './http-connection.js';
import {
  finalError,
  notJsonError,
  retriesExhaustedError,
  retryReason,
  tlsMissingError,
  unreachableError,
} from './http-errors.js';
import type { HttpRequest } from './http-request.js';
import { countValues } from './json-values.js';
import { beginningOf, bytesOf, type HttpResponse, header, isCoded, ResponseTooLargeError } from './response.js';
import { backoff, isRetryable, isUnreachable, TransientError } from './retry.js';
import type { ServerUri } from './server-uri.js';

/** For requests whose `retries` are `few`. */
const FEW_RETRIES = 2;

export interface HttpClientOptions extends SourceOptions {
  /** Hears of each request that is about to be repeated. */
  readonly retrying?: (retry: Retry) => void;
}

const COMPRESSED = { 'accept-encoding': ACCEPTED_CODINGS } as const;
/** A compressed response has no byte ranges of the file. */
const UNCOMPRESSED = { 'accept-encoding': 'identity' } as const;

/**
 * HTTP to a tracking server, with the retries of MLflow's own client. Every request only reads, so any may be repeated.
 *
 * Errors are {@link ConvertError}s: `fatal` when the credentials are rejected or the server cannot be reached, `skip-run`
 * for everything else; the cause is a ResponseError when the server has responded. An aborted signal rejects with its
 * reason at once, also between attempts.
 */
export class HttpClient {
  readonly server: ServerUri;
  /** The most requests under way at once. */
  readonly concurrency: number;
  readonly #connection: HttpConnection;
  readonly #retry: RetrySettings;
  readonly #retrying: (retry: Retry) => void;

  constructor(trackingUri: string, options: HttpClientOptions, env: Environment = process.env) {
    this.#retry = retrySettings(env);
    this.#retrying = options.retrying ?? (() => {});
    this.#connection = new HttpConnection(trackingUri, options, this.#retry, env);
    this.server = this.#connection.server;
    this.concurrency = options.concurrency;
  }

  /** The response as JSON; integers beyond 2^53 and NaN as strings, see {@link exactJson}. */
  async json(request: HttpRequest, signal: AbortSignal): Promise<unknown> {
    return this.read(request, signal, (response) => this.#parseJson(response, request));
  }

  /** What `take` makes of the response. If that fails by a cut or a {@link SyntaxError}, the request is repeated. */
  async read<T>(request: HttpRequest, signal: AbortSignal, take: (response: HttpResponse) => Promise<T>): Promise<T> {
    for (let failures = 0; ; ) {
      try {
        const response = await this.#connection.send(request, COMPRESSED, signal);
        try {
          return await take(response);
        } finally {
          response.discard();
        }
      } catch (cause) {
        await this.#waitAfter(cause, ++failures, request, signal);
      }
    }
  }

  /**
   * What `parse` makes of the response, item by item as it arrives; for responses of any length. After a cut the request
   * is repeated and the items already yielded are skipped: the same request must give the same beginning.
   */
  async *stream<T>(
    request: HttpRequest,
    signal: AbortSignal,
    parse: (response: HttpResponse) => AsyncIterable<T>,
  ): AsyncGenerator<T, void, void> {
    let yielded = 0;
    for (let failures = 0; ; ) {
      try {
        let known = yielded;
        const response = await this.#connection.send(request, COMPRESSED, signal);
        try {
          for await (const item of parse(response)) {
            if (known-- > 0) continue;
            signal.throwIfAborted();
            yielded++;
            failures = 0;
            yield item;
          }
        } finally {
          response.discard();
        }
        return;
      } catch (cause) {
        await this.#waitAfter(cause, ++failures, request, signal);
      }
    }
  }

  /** The bytes of a file; a download that is cut is resumed. Rejects with `skip-item` if the file changes meanwhile. */
  download(request: HttpRequest, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    /** Whether the server compresses although it was asked not to: then it is never asked for a range. */
    let coded = false;
    const open = async (from: number, version: string | undefined, stop: AbortSignal): Promise<FilePart> => {
      const isRange = from > 0 && !coded;
      const headers = isRange ? { ...UNCOMPRESSED, range: `bytes=${from}-` } : UNCOMPRESSED;
      const response = await this.#connection.send(request, headers, stop);
      try {
        const etag = header(response, 'etag');
        if (from > 0 && etag !== version) throw changedError(request);
        coded ||= isCoded(response);
        const isPart = response.status === 206;
        if (isPart && isCoded(response)) throw new TransientError(206, 0);
        return { start: isPart ? from : 0, version: etag, body: response.body, close: response.discard };
      } catch (cause) {
        response.discard();
        throw cause;
      }
    };
    const { retries, ...patient } = request;
    return resumedDownload(
      {
        open,
        retry: ({ cause, failures, received }) =>
          this.#waitAfter(cause, failures, received === 0 ? request : patient, signal),
      },
      signal,
    );
  }

  /** Whether a server is sent credentials: the tracking server, and those that the user trusts as much. */
  trusts(origin: string): boolean {
    return this.#connection.trusts(origin);
  }

  /** Ends all requests under way. */
  async close(): Promise<void> {
    await this.#connection.close();
  }

  async #parseJson(response: HttpResponse, request: HttpRequest): Promise<unknown> {
    const notJson = (text: string) => notJsonError(text, response.url, this.#connection.contextOf(request));
    if (header(response, 'content-type')?.startsWith('text/html')) {
      throw notJson(await beginningOf(response, MAX_ERROR_BYTES));
    }
    const bytes = await bytesOf(response, request.maxBytes ?? MAX_JSON_BYTES);
    if (bytes.length > MAX_JSON_VALUES && countValues(bytes) > MAX_JSON_VALUES) {
      throw new ResponseTooLargeError(MAX_JSON_VALUES, 'values');
    }
    const text = bytes.toString('utf8');
    if (!/^\s*[{[]/.test(text) && text.trim() !== '') throw notJson(text);
    return exactJson(text);
  }

  /** Waits before the next attempt, or throws if there is to be none. */
  async #waitAfter(cause: unknown, failures: number, request: HttpRequest, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const context = this.#connection.contextOf(request);
    if (await this.#connection.isTlsMissing(context.url, cause, signal)) throw tlsMissingError(cause, context);
    const transient = cause instanceof TransientError;
    if (!transient && !isRetryable(cause)) throw finalError(cause, context);
    const unreachable = isUnreachable(cause);
    const retries = this.#retriesOf(request, transient && cause.status === 500);
    if (failures > retries || (unreachable && request.failFast)) {
      throw unreachable ? unreachableError(cause, context) : retriesExhaustedError(cause, failures, context);
    }
    const wait = (transient ? cause.wait : undefined) ?? backoff(failures, this.#retry);
    const attempts = { attempt: failures + 1, attempts: retries + 1, wait: wait / 1000 };
    this.#retrying({ ...retryReason(cause, context), ...attempts });
    await sleep(wait, signal);
  }

  #retriesOf({ retries }: HttpRequest, after500: boolean): number {
    if (retries === 'none') return 0;
    const few = retries === 'few' || (retries === 'few after 500' && after500);
    return few ? Math.min(FEW_RETRIES, this.#retry.retries) : this.#retry.retries;
  }
}

function changedError({ what }: HttpRequest): ConvertError {
  return new ConvertError('skip-item', 'changed-while-reading', `The file changed while it was downloaded: ${what}.`);
}
