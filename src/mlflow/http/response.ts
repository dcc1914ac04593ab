import type { Dispatcher } from 'undici';
import { LEAST_BYTES } from '../common/bounds.js';
import { codingsOf, decoded } from './content-coding.js';

/** An answer of a server, its body not yet read. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  /** What has answered, after redirects. */
  readonly url: URL;
  /** Decoded. Rejects with {@link SlowBodyError} when it comes by drops. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives up what has not been read, if anything. */
  readonly leave: () => void;
}

/** The body brought next to nothing for as long as it might have been silent. */
export class SlowBodyError extends Error {
  override readonly name = 'TooSlow';
}

/** The body is longer than it may be. */
export class ResponseTooLargeError extends Error {
  override readonly name = 'TooLarge';

  constructor(
    readonly most: number,
    readonly unit: 'bytes' | 'values' = 'bytes',
  ) {
    super(`it is larger than ${most} ${unit}`);
  }
}

/** @param silence how long a body may bring less than a kilobyte, in milliseconds */
export function toHttpResponse(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  url: URL,
  silence: number,
): HttpResponse {
  body.on('error', () => {}); // heard by whoever reads; of what was given up, by nobody
  const leave = (): void => void body.destroy();
  try {
    const codings = codingsOf(first(headers['content-encoding']));
    return { status: statusCode, headers, url, body: decoded(steady(body, silence), codings), leave };
  } catch (cause) {
    leave();
    throw cause;
  }
}

/** A header's value, the first of several. */
export function header({ headers }: Pick<HttpResponse, 'headers'>, name: string): string | undefined {
  return first(headers[name]);
}

/** The bytes of the whole body, if a header tells and they are not compressed. */
export function lengthOf(answer: Pick<HttpResponse, 'headers'>): number | undefined {
  if (isCoded(answer)) return undefined;
  const length = header(answer, 'content-length');
  return length === undefined ? undefined : Number(length);
}

/** Whether offsets in what was decoded are none in what the server sends. */
export function isCoded(answer: Pick<HttpResponse, 'headers'>): boolean {
  return codingsOf(header(answer, 'content-encoding')).length > 0;
}

/** The whole body, of at most so many bytes; rejects with {@link ResponseTooLargeError} as soon as there are more. */
export async function bytesOf(answer: HttpResponse, most: number): Promise<Buffer> {
  if ((lengthOf(answer) ?? 0) > most) throw new ResponseTooLargeError(most);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.body) {
    length += chunk.length;
    if (length > most) throw new ResponseTooLargeError(most);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** The beginning of a body that is read for people only. */
export async function beginningOf(answer: HttpResponse, most: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= most) break;
  }
  answer.leave();
  return Buffer.concat(chunks, length).toString('utf8', 0, most);
}

/** The same chunks. Only the time counts in which somebody waits for one; a silence that is longer is the client's to end. */
async function* steady(body: AsyncIterable<Uint8Array>, silence: number): AsyncGenerator<Uint8Array, void, void> {
  let bytes = 0;
  let waited = 0;
  let began = performance.now();
  for await (const chunk of body) {
    bytes += chunk.length;
    waited += performance.now() - began;
    if (waited >= silence) {
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
