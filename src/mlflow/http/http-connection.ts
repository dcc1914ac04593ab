import type { Agent } from 'undici';
import type { SourceOptions } from '../../options.js';
import { MAX_ERROR_BYTES } from '../common/bounds.js';
import { authorization } from './credentials.js';
import { type Environment, flag, type RetrySettings } from './environment.js';
import { type RequestContext, statusError } from './http-errors.js';
import type { HttpRequest } from './http-request.js';
import { RateLimiter } from './rate-limiter.js';
import { redirectOf } from './redirect.js';
import { beginningOf, type HttpResponse, toHttpResponse } from './response.js';
import { isEndpointDisabled, parseResponseError, responseErrorOf } from './response-error.js';
import { isCutConnection, isTransientStatus, retryAfter, TransientError } from './retry.js';
import { originOf, parseServerUri, type ServerUri } from './server-uri.js';
import { tlsSettings } from './tls.js';
import { speaksTls } from './tls-probe.js';
import { undici } from './undici.js';

const USER_AGENT = { 'user-agent': 'mlflow2aim' } as const;
const JSON_BODY = { 'content-type': 'application/json' } as const;

/** Sends one request once: credentials, TLS and redirects as MLflow's client has them, connections and rate bounded. */
export class HttpConnection {
  readonly server: ServerUri;
  readonly #origins: ReadonlySet<string>;
  readonly #retry: RetrySettings;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #authorization: string | undefined;
  readonly #agent: Agent;
  readonly #followsRedirects: boolean;
  readonly #rate: RateLimiter;
  /** Whether the server has ever responded with success: its URL is right then. */
  #hasSucceeded = false;
  #speaksTls: Promise<boolean> | undefined;

  constructor(trackingUri: string, options: SourceOptions, retry: RetrySettings, env: Environment) {
    this.server = parseServerUri(trackingUri);
    this.#origins = new Set([this.server.origin, ...(options.trustOrigins ?? []).map(originOf)]);
    this.#retry = retry;
    this.#authorization = authorization(this.server.userPassword, env);
    this.#headers = {
      ...USER_AGENT,
      ...(options.workspace !== undefined && { 'x-mlflow-workspace': options.workspace }),
    };
    const { timeout } = retry;
    const { Agent } = undici();
    this.#agent = new Agent({
      connections: options.concurrency,
      pipelining: 1,
      headersTimeout: timeout,
      bodyTimeout: timeout,
      connect: { timeout, ...tlsSettings(env) },
    });
    this.#followsRedirects = flag(env, 'MLFLOW_ALLOW_HTTP_REDIRECTS', true);
    this.#rate = new RateLimiter(options.requestsPerSecond);
  }

  /**
   * A response with a status of success, after redirects within its origin. Throws {@link TransientError} for a status
   * that may be another one the next time, a ConvertError for any other, and whatever goes wrong below HTTP.
   */
  async send(
    request: HttpRequest,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const method = request.body === undefined ? 'GET' : 'POST';
    let url = this.#url(request);
    for (let followed = 0; ; followed++) {
      await this.#rate.acquire(signal);
      const sent = await this.#agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: { ...this.#headersFor(url), ...headers, ...(request.body !== undefined && JSON_BODY) },
        ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
        signal,
      });
      const response = toHttpResponse(sent, url, this.#retry.timeout);
      if (response.status >= 200 && response.status < 300) {
        this.#hasSucceeded ||= url.origin === this.server.origin;
        return response;
      }
      try {
        const target = redirectOf(response, { method, followed, allowed: this.#followsRedirects });
        if (target === undefined) throw await this.#failure(response, request);
        url = target;
      } finally {
        response.discard();
      }
    }
  }

  /** Whether a request to the tracking server has failed because the server uses TLS and its URL says http. */
  async isTlsMissing({ origin, protocol }: URL, cause: unknown, signal: AbortSignal): Promise<boolean> {
    if (this.#hasSucceeded || protocol !== 'http:' || origin !== this.server.origin) return false;
    const response = responseErrorOf(cause);
    const mayBe = response === undefined ? isCutConnection(cause) : response.status === 400;
    if (!mayBe) return false;
    this.#speaksTls ??= speaksTls(origin, signal);
    return this.#speaksTls;
  }

  /** What messages about a request need to know. */
  contextOf(request: HttpRequest): RequestContext {
    const { what, nonFatal = false } = request;
    return { what, url: this.#url(request), server: this.server, nonFatal };
  }

  /** Whether a server is the tracking server, or one that the user trusts as much: only these are sent credentials. */
  trusts(origin: string): boolean {
    return this.#origins.has(origin);
  }

  /** Ends all requests under way. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #failure(response: HttpResponse, request: HttpRequest): Promise<Error> {
    const { status } = response;
    const error = parseResponseError(status, await beginningOf(response, MAX_ERROR_BYTES));
    if (isTransientStatus(status) && !isEndpointDisabled(error)) {
      const wait = this.#retry.respectRetryAfter ? retryAfter(response.headers['retry-after']) : undefined;
      return new TransientError(status, wait);
    }
    return statusError(error, this.contextOf(request), this.#authorization !== undefined);
  }

  #url({ path }: HttpRequest): URL {
    return new URL(path.startsWith('/') ? this.server.origin + this.server.prefix + path : path);
  }

  #headersFor({ origin }: URL): Record<string, string> {
    if (!this.trusts(origin)) return { ...USER_AGENT };
    return { ...this.#headers, ...(this.#authorization !== undefined && { authorization: this.#authorization }) };
  }
}
