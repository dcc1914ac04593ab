import type { Agent, Dispatcher } from 'undici';
import { ConvertError } from '../../errors.js';
import type { SourceOptions } from '../source-options.js';
import { type Answer, header, leave, textOf } from './answer.js';
import { authorization } from './credentials.js';
import { type Environment, flag, type RetrySettings, retrySettings } from './environment.js';
import { exactJson } from './exact-json.js';
import {
  type Asked,
  gaveUpError,
  nobodyError,
  noJsonError,
  noTlsError,
  refusedError,
  untrustedError,
} from './http-errors.js';
import { Pace, pause } from './pace.js';
import { isSwitchedOff, refusal } from './refusal.js';
import { backoff, isNetworkTrouble, isNobodyThere, isNoTls, isPassing, isUntrusted, retryAfter } from './retry.js';
import { parseServerUri, type ServerUri } from './server-uri.js';
import { tlsSettings } from './tls.js';
import { undici } from './undici.js';

const MOST_REDIRECTS = 5;
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
  /** Whether a refusal is about this thing only, as when the server may not read its bucket; otherwise it is `fatal`. */
  readonly ofArtifacts?: true;
}

/** An answer that may be another one the next time. */
class Passing extends Error {
  constructor(
    readonly status: number,
    readonly wait: number | undefined,
  ) {
    super(`it answered ${status}`);
  }
}

/**
 * HTTP to a tracking server: credentials, TLS, redirects and retries as MLflow's own client has them, a bounded number
 * of connections, a ceiling of requests a second. All that is sent only reads, so that everything may be repeated.
 *
 * Errors are {@link ConvertError}s: `fatal` for refused credentials and for a server that is not there, `skip-run` for
 * everything else, with a {@link Refusal} as the cause when the server has answered. An aborted signal rejects with its
 * reason at once, also while waiting.
 */
export class HttpClient {
  readonly server: ServerUri;
  /** Requests under way at once. */
  readonly concurrency: number;
  readonly #retry: RetrySettings;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #authorization: string | undefined;
  readonly #agent: Agent;
  readonly #dispatcher: Dispatcher;
  readonly #pace: Pace;

  constructor(trackingUri: string, options: SourceOptions, env: Environment = process.env) {
    this.server = parseServerUri(trackingUri);
    this.concurrency = options.concurrency;
    this.#retry = retrySettings(env);
    this.#authorization = authorization(this.server.userPassword, env);
    this.#headers = {
      'user-agent': 'mlflow2aim',
      ...(options.workspace !== undefined && { 'x-mlflow-workspace': options.workspace }),
    };
    const { timeout } = this.#retry;
    const { Agent, interceptors } = undici();
    this.#agent = new Agent({
      connections: options.concurrency,
      pipelining: 1,
      headersTimeout: timeout,
      bodyTimeout: timeout,
      connect: { timeout, ...tlsSettings(env) },
    });
    this.#dispatcher = flag(env, 'MLFLOW_ALLOW_HTTP_REDIRECTS', true)
      ? this.#agent.compose(interceptors.redirect({ maxRedirections: MOST_REDIRECTS }))
      : this.#agent;
    this.#pace = new Pace(options.requestsPerSecond);
  }

  /** The answer as JSON; integers beyond 2^53 and NaN as strings, see {@link exactJson}. */
  async json(request: HttpRequest, signal: AbortSignal): Promise<unknown> {
    return this.read(request, signal, async (answer) => {
      if (header(answer, 'content-type')?.startsWith('text/html')) throw noJsonError(this.#asked(request));
      return exactJson(await textOf(answer));
    });
  }

  /** What `take` makes of the answer. When that fails by a cut or a {@link SyntaxError}, all of it is repeated. */
  async read<T>(request: HttpRequest, signal: AbortSignal, take: (answer: Answer) => Promise<T>): Promise<T> {
    for (let failures = 0; ; ) {
      try {
        const answer = await this.#send(request, {}, signal);
        try {
          return await take(answer);
        } finally {
          leave(answer);
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
    parse: (answer: Answer) => AsyncIterable<T>,
  ): AsyncGenerator<T, void, void> {
    let given = 0;
    for (let failures = 0; ; ) {
      try {
        let known = given;
        for await (const item of parse(await this.#send(request, {}, signal))) {
          if (known-- > 0) continue;
          signal.throwIfAborted();
          given++;
          failures = 0;
          yield item;
        }
        return;
      } catch (cause) {
        await this.#waitAfter(cause, ++failures, request, signal);
      }
    }
  }

  /** The bytes of a file, as they are taken; after a cut it goes on where it stopped. */
  async *download(request: HttpRequest, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    let received = 0;
    let tag: string | undefined;
    for (let failures = 0; ; ) {
      try {
        const headers: Record<string, string> = received === 0 ? {} : { range: `bytes=${received}-` };
        const answer = await this.#send(request, headers, signal);
        const now = header(answer, 'etag');
        if (received > 0 && tag !== now) {
          leave(answer);
          throw new ConvertError('skip-item', `${capital(request.what)} has changed while it was downloaded.`);
        }
        tag = now;
        let known = answer.statusCode === 206 ? 0 : received;
        for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
          signal.throwIfAborted();
          const fresh = chunk.subarray(Math.min(known, chunk.length));
          known -= chunk.length - fresh.length;
          if (fresh.length === 0) continue;
          received += fresh.length;
          failures = 0;
          yield fresh;
        }
        return;
      } catch (cause) {
        const { giveUpEarly, ...patient } = request;
        await this.#waitAfter(cause, ++failures, received === 0 ? request : patient, signal);
      }
    }
  }

  /** Ends all that is under way. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** One attempt. */
  async #send(request: HttpRequest, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer> {
    await this.#pace.turn(signal);
    const url = this.#url(request);
    const answer = await this.#dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: request.body === undefined ? 'GET' : 'POST',
      headers: { ...this.#headersFor(url), ...headers, ...(request.body !== undefined && JSON_BODY) },
      ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
      signal,
    });
    const { statusCode: status } = answer;
    if (status >= 200 && status < 300) return answer;
    const refused = refusal(status, await textOf(answer));
    if (isPassing(status) && !isSwitchedOff(refused)) {
      const wait = this.#retry.respectRetryAfter ? retryAfter(answer.headers['retry-after']) : undefined;
      throw new Passing(status, wait);
    }
    throw refusedError(refused, this.#asked(request), this.#authorization !== undefined);
  }

  #url({ path }: HttpRequest): URL {
    return new URL(path.startsWith('/') ? this.server.origin + this.server.prefix + path : path);
  }

  #asked(request: HttpRequest): Asked {
    const { what, ofArtifacts = false } = request;
    return { what, url: this.#url(request), server: this.server, ofArtifacts };
  }

  /**
   * Credentials go to the host that they are for, at any port, but to no other that somebody has named in an artifact URI,
   * and not in the clear where they came under TLS.
   */
  #headersFor(url: URL): Record<string, string> {
    const { hostname, protocol } = new URL(this.server.origin);
    if (url.hostname !== hostname || (protocol === 'https:' && url.protocol !== protocol))
      return { 'user-agent': 'mlflow2aim' };
    return { ...this.#headers, ...(this.#authorization !== undefined && { authorization: this.#authorization }) };
  }

  /** Waits before the next attempt, or throws when there is to be none. */
  async #waitAfter(cause: unknown, failures: number, request: HttpRequest, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const passing = cause instanceof Passing;
    if (isNoTls(cause)) throw noTlsError(cause, this.#asked(request));
    if (isUntrusted(cause)) throw untrustedError(cause, this.#asked(request));
    if (!passing && !(cause instanceof SyntaxError) && !isNetworkTrouble(cause)) throw cause;
    const nobody = isNobodyThere(cause);
    if (failures > this.#retriesOf(request, passing && cause.status === 500) || (nobody && request.first)) {
      const asked = this.#asked(request);
      throw nobody ? nobodyError(cause, asked) : gaveUpError(cause, failures, asked);
    }
    await pause((passing ? cause.wait : undefined) ?? backoff(failures, this.#retry), signal);
  }

  #retriesOf({ giveUpEarly }: HttpRequest, at500: boolean): number {
    if (giveUpEarly === 'at once') return 0;
    const early = giveUpEarly === 'at any trouble' || (giveUpEarly === 'at 500' && at500);
    return early ? Math.min(EARLY_RETRIES, this.#retry.retries) : this.#retry.retries;
  }
}

const JSON_BODY = { 'content-type': 'application/json' };

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
