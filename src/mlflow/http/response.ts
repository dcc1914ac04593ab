import type { Dispatcher } from 'undici';
import { LEAST_BYTES } from '../common/bounds.js';
import { codingsOf, decoded } from './content-coding.js';

/** A response whose body has not been read. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  /** What has responded, after redirects. */
  readonly url: URL;
  /** Decoded. Rejects with {@link SlowBodyError} if it trickles. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Drops what has not been read, if anything. */
  readonly discard: () => void;
}

/** The body brought next to nothing for as long as a connection may be silent. */
export class SlowBodyError extends Error {
  override readonly name = 'SlowBodyError';
}

/** The body is longer than allowed. */
export class ResponseTooLargeError extends Error {
  override readonly name = 'ResponseTooLargeError';

  constructor(
    readonly limit: number,
    readonly unit: 'bytes' | 'values' = 'bytes',
  ) {
    super(`it is larger than ${limit} ${unit}`);
  }
}

/** @param idle how long a body may bring less than a kilobyte, in milliseconds */
export function toHttpResponse(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  url: URL,
  idle: number,
): HttpResponse {
  body.on('error', () => {}); // the reader gets it; a discarded body has none
  const discard = (): void => void body.destroy();
  try {
    const codings = codingsOf(first(headers['content-encoding']));
    return { status: statusCode, headers, url, body: decoded(steady(body, idle), codings), discard };
  } catch (cause) {
    discard();
    throw cause;
  }
}

/** A header's value, the first of several. */
export function header({ headers }: Pick<HttpResponse, 'headers'>, name: string): string | undefined {
  return first(headers[name]);
}

/** The bytes of the whole body, if a header tells and they are not compressed. */
export function lengthOf(response: Pick<HttpResponse, 'headers'>): number | undefined {
  if (isCoded(response)) return undefined;
  const length = header(response, 'content-length');
  return length === undefined ? undefined : Number(length);
}

/** Whether the body is compressed on the way, so that its offsets are not those of the file. */
export function isCoded(response: Pick<HttpResponse, 'headers'>): boolean {
  return codingsOf(header(response, 'content-encoding')).length > 0;
}

/** The whole body, of at most `limit` bytes; rejects with {@link ResponseTooLargeError} as soon as there are more. */
export async function bytesOf(response: HttpResponse, limit: number): Promise<Buffer> {
  if ((lengthOf(response) ?? 0) > limit) throw new ResponseTooLargeError(limit);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.length;
    if (length > limit) throw new ResponseTooLargeError(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** The first `limit` bytes of a body as text, for messages; the rest is dropped. */
export async function beginningOf(response: HttpResponse, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= limit) break;
  }
  response.discard();
  return Buffer.concat(chunks, length).toString('utf8', 0, limit);
}

/** The same chunks. Counts only the time spent waiting for them; undici's own timeouts end a longer silence. */
async function* steady(body: AsyncIterable<Uint8Array>, idle: number): AsyncGenerator<Uint8Array, void, void> {
  let bytes = 0;
  let waited = 0;
  let began = performance.now();
  for await (const chunk of body) {
    bytes += chunk.length;
    waited += performance.now() - began;
    if (waited >= idle) {
      if (bytes < LEAST_BYTES) throw new SlowBodyError(`it brought ${bytes} bytes in ${Math.round(waited / 1000)} s`);
      bytes = 0;
      waited = 0;
    }
    yield chunk;
    began = performance.now();
  }
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
