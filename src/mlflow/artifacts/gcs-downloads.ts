import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { rangeOf } from './content-range.js';
import type { ObjectPart } from './object-store.js';

/** Returns the headers that authorise a request for a URL. */
type Authorise = (url: string) => Promise<Readonly<Record<string, string>>>;

const PROXY_VARIABLES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'];

/**
 * Downloads from a bucket of Google Cloud Storage over its JSON API, without Google's client: its HTTP library (node-fetch
 * 2) does not notice when a connection ends in the middle of a body, and waits for ever.
 */
export class GcsDownloads {
  readonly #base: string;
  readonly #authorise: Authorise;
  readonly #dispatcher: Dispatcher;

  /** @param endpoint `https://storage.googleapis.com`, or that of a stand-in */
  constructor(endpoint: string, bucket: string, authorise: Authorise) {
    this.#base = `${endpoint}/storage/v1/b/${encodeURIComponent(bucket)}/o/`;
    this.#authorise = authorise;
    const hasProxy = PROXY_VARIABLES.some((name) => process.env[name]);
    this.#dispatcher = hasProxy ? new EnvHttpProxyAgent() : new Agent();
  }

  /**
   * The version here is the object's generation. The store decompresses objects that are stored compressed, since nothing in
   * the request forbids it, and then ignores ranges.
   */
  async read(key: string, from: number, version: string | undefined, signal: AbortSignal): Promise<ObjectPart> {
    const generation = version === undefined ? '' : `&generation=${encodeURIComponent(version)}`;
    const url = `${this.#base}${encodeURIComponent(key)}?alt=media${generation}`;
    const headers = { ...(await this.#authorise(url)), ...(from > 0 && { range: `bytes=${from}-` }) };
    const { statusCode, headers: found, body } = await request(url, { dispatcher: this.#dispatcher, headers, signal });
    if (statusCode >= 300) {
      await body.dump();
      throw new StatusError(statusCode);
    }
    const named = (name: string) => [found[name]].flat()[0];
    const length = named('content-length');
    const names = named('x-goog-generation');
    return {
      ...rangeOf(named('content-range'), length === undefined ? undefined : Number(length)),
      ...(names !== undefined && { version: names }),
      body,
    };
  }

  close(): void {
    void this.#dispatcher.destroy();
  }
}

/** A response other than the object. */
class StatusError extends Error {
  constructor(readonly status: number) {
    super(`The store answered with status ${status}.`);
  }
}
