import type { Agent } from 'undici';
import { ConvertError } from '../../errors.js';
import type { SourceOptions } from '../../options.js';
import { sleep } from '../../wait.js';
import { MAX_ERROR_BYTES, MAX_JSON_BYTES, MAX_JSON_VALUES } from '../common/bounds.js';
import { ACCEPTED_CODINGS } from './content-coding.js';
import { authorization } from './credentials.js';
import { Download } from './download.js';
import { type Environment, flag, type RetrySettings, retrySettings } from './environment.js';
import { exactJson } from './exact-json.js';
import {
  finalError,
  notJsonError,
  type RequestContext,
  retriesExhaustedError,
  statusError,
  unreachableError,
} from './http-errors.js';
import { countValues } from './json-values.js';
import { RateLimiter } from './rate-limiter.js';
import { redirectOf } from './redirect.js';
import { beginningOf, bytesOf, type HttpResponse, header, ResponseTooLargeError, toHttpResponse } from './response.js';
import { isEndpointDisabled, parseResponseError } from './response-error.js';
import { backoff, isRetryable, isTransientStatus, isUnreachable, retryAfter, TransientError } from './retry.js';
import { originOf, parseServerUri, type ServerUri } from './server-uri.js';
import { tlsSettings } from './tls.js';
import { undici } from './undici.js';

/** For requests that give up early. */
const EARLY_RETRIES = 2;

/** A request to a tracking server, or to a place that it named. */
export interface HttpRequest {
  /** Below the tracking URI, from its `/` on; or a whole URL. */
  readonly path: string;
  /** Sent as JSON by POST; absent for a GET. */
  readonly body?: unknown;
  /** What is asked for, to be put into sentences: `the runs of experiment 1`. */
  readonly what: string;
  /** Whether a server that is not there is an error at once; otherwise it is waited for. */
  readonly first?: true;
  /**
   * What is likely to come again and not waited for long: an answer of 500, which may be about this one file, or any
   * trouble, when there is another way to get the same. `at once`: nothing is repeated.
   */
  readonly giveUpEarly?: 'at 500' | 'at any trouble' | 'at once';
  /** Whether an error response is about a part of a run only, as when the server may not read its bucket; otherwise it is `fatal`. */
  readonly ofPart?: true;
  /** The most bytes of the answer, if fewer than usual are to be taken. */
  readonly most?: number;
}

/**
 * HTTP to a tracking server: credentials, TLS, redirects and retries as MLflow's own client has them, a bounded number
 * of connections, a ceiling of requests a second. All that is sent only reads, so that everything may be repeated.
 *
 * Errors are {@link ConvertError}s: `fatal` for refused credentials and for a server that is not there, `skip-run` for
 * everything else, with a {@link ResponseError} as the cause when the server has answered. An aborted signal rejects with its
 * reason at once, also while waiting.
 */
export class HttpClient {
  readonly server: ServerUri;
  /** Requests under way at once. */
  readonly concurrency: number;
  readonly #origins: ReadonlySet<string>;
  readonly #retry: RetrySettings;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #authorization: string | undefined;
  readonly #agent: Agent;
  readonly #followsRedirects: boolean;
  readonly #pace: RateLimiter;

  constructor(trackingUri: string, options: SourceOptions, env: Environment = process.env) {
    this.server = parseServerUri(trackingUri);
    this.#origins = new Set([this.server.origin, ...(options.trustOrigins ?? []).map(originOf)]);
    this.concurrency = options.concurrency;
    this.#retry = retrySettings(env);
    this.#authorization = authorization(this.server.userPassword, env);
    this.#headers = {
      'user-agent': 'mlflow2aim',
      ...(options.workspace !== undefined && { 'x-mlflow-workspace': options.workspace }),
    };
    const { timeout } = this.#retry;
    const { Agent } = undici();
    this.#agent = new Agent({
      connections: options.concurrency,
      pipelining: 1,
      headersTimeout: timeout,
      bodyTimeout: timeout,
      connect: { timeout, ...tlsSettings(env) },
    });
    this.#followsRedirects = flag(env, 'MLFLOW_ALLOW_HTTP_REDIRECTS', true);
    this.#pace = new RateLimiter(options.requestsPerSecond);
  }

  /** The answer as JSON; integers beyond 2^53 and NaN as strings, see {@link exactJson}. */
  async json(request: HttpRequest, signal: AbortSignal): Promise<unknown> {
    return this.read(request, signal, async (answer) => {
      if (header(answer, 'content-type')?.startsWith('text/html')) {
        throw notJsonError(await beginningOf(answer, MAX_ERROR_BYTES), answer.url, this.#asked(request));
      }
      const bytes = await bytesOf(answer, request.most ?? MAX_JSON_BYTES);
      if (bytes.length > MAX_JSON_VALUES && countValues(bytes) > MAX_JSON_VALUES) {
        throw new ResponseTooLargeError(MAX_JSON_VALUES, 'values');
      }
      const text = bytes.toString('utf8');
      if (!/^\s*[{[]/.test(text) && text.trim() !== '') throw notJsonError(text, answer.url, this.#asked(request));
      return exactJson(text);
    });
  }

  /** What `take` makes of the answer. When that fails by a cut or a {@link SyntaxError}, all of it is repeated. */
  async read<T>(request: HttpRequest, signal: AbortSignal, take: (answer: HttpResponse) => Promise<T>): Promise<T> {
    for (let failures = 0; ; ) {
      try {
        const answer = await this.#send(request, COMPRESSED, signal);
        try {
          return await take(answer);
        } finally {
          answer.leave();
        }
      } catch (cause) {
        await this.#waitAfter(cause, ++failures, request, signal);
      }
    }
  }

  /**
   * What `parse` makes of the answer, item by item as it comes; for answers of any length. After a cut the request is
   * repeated, and what has been given already is passed over: the same request must give the same beginning.
   */
  async *stream<T>(
    request: HttpRequest,
    signal: AbortSignal,
    parse: (answer: HttpResponse) => AsyncIterable<T>,
  ): AsyncGenerator<T, void, void> {
    let given = 0;
    for (let failures = 0; ; ) {
      try {
        let known = given;
        const answer = await this.#send(request, COMPRESSED, signal);
        try {
          for await (const item of parse(answer)) {
            if (known-- > 0) continue;
            signal.throwIfAborted();
            given++;
            failures = 0;
            yield item;
          }
        } finally {
          answer.leave();
        }
        return;
      } catch (cause) {
        await this.#waitAfter(cause, ++failures, request, signal);
      }
    }
  }

  /** The bytes of a file, as they are taken; after a cut it goes on where it stopped. */
  async *download(request: HttpRequest, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    const file = new Download(request.what);
    for (;;) {
      try {
        yield* file.part((headers) => this.#send(request, headers, signal), signal);
        return;
      } catch (cause) {
        const { giveUpEarly, ...patient } = request;
        await this.#waitAfter(cause, ++file.failures, file.received === 0 ? request : patient, signal);
      }
    }
  }

  /** Ends all that is under way. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** One attempt, redirects included. */
  async #send(
    request: HttpRequest,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const method = request.body === undefined ? 'GET' : 'POST';
    let url = this.#url(request);
    for (let followed = 0; ; followed++) {
      await this.#pace.turn(signal);
      const sent = await this.#agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: { ...this.#headersFor(url), ...headers, ...(request.body !== undefined && JSON_BODY) },
        ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
        signal,
      });
      const answer = toHttpResponse(sent, url, this.#retry.timeout);
      if (answer.status >= 200 && answer.status < 300) return answer;
      try {
        const target = redirectOf(answer, { method, followed, allowed: this.#followsRedirects });
        if (target === undefined) throw await this.#failure(answer, request);
        url = target;
      } finally {
        answer.leave();
      }
    }
  }

  async #failure(answer: HttpResponse, request: HttpRequest): Promise<Error> {
    const { status } = answer;
    const refused = parseResponseError(status, await beginningOf(answer, MAX_ERROR_BYTES));
    if (isTransientStatus(status) && !isEndpointDisabled(refused)) {
      const wait = this.#retry.respectRetryAfter ? retryAfter(answer.headers['retry-after']) : undefined;
      return new TransientError(status, wait);
    }
    return statusError(refused, this.#asked(request), this.#authorization !== undefined);
  }

  #url({ path }: HttpRequest): URL {
    return new URL(path.startsWith('/') ? this.server.origin + this.server.prefix + path : path);
  }

  #asked(request: HttpRequest): RequestContext {
    const { what, ofPart = false } = request;
    return { what, url: this.#url(request), server: this.server, ofPart };
  }

  /** Whether a server is the tracking server, or one that the user trusts as much: only these are sent credentials. */
  trusts(origin: string): boolean {
    return this.#origins.has(origin);
  }

  #headersFor({ origin }: URL): Record<string, string> {
    if (!this.trusts(origin)) return { 'user-agent': 'mlflow2aim' };
    return { ...this.#headers, ...(this.#authorization !== undefined && { authorization: this.#authorization }) };
  }

  /** Waits before the next attempt, or throws when there is to be none. */
  async #waitAfter(cause: unknown, failures: number, request: HttpRequest, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const passing = cause instanceof TransientError;
    if (!passing && !isRetryable(cause)) throw finalError(cause, this.#asked(request));
    const nobody = isUnreachable(cause);
    if (failures > this.#retriesOf(request, passing && cause.status === 500) || (nobody && request.first)) {
      const asked = this.#asked(request);
      throw nobody ? unreachableError(cause, asked) : retriesExhaustedError(cause, failures, asked);
    }
    await sleep((passing ? cause.wait : undefined) ?? backoff(failures, this.#retry), signal);
  }

  #retriesOf({ giveUpEarly }: HttpRequest, at500: boolean): number {
    if (giveUpEarly === 'at once') return 0;
    const early = giveUpEarly === 'at any trouble' || (giveUpEarly === 'at 500' && at500);
    return early ? Math.min(EARLY_RETRIES, this.#retry.retries) : this.#retry.retries;
  }
}

const COMPRESSED = { 'accept-encoding': ACCEPTED_CODINGS } as const;
const JSON_BODY = { 'content-type': 'application/json' };
