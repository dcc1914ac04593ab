import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

/** For Accept-Encoding: everything that is decoded here. */
export const ACCEPTED_CODINGS = 'gzip, deflate, br';

/** A gateway compresses once; more layers are an attack. */
const MAX_CODINGS = 2;

type Bytes = AsyncIterable<Uint8Array>;

const DECODERS: Readonly<Record<string, (body: Bytes) => Bytes>> = {
  gzip: (body) => through(body, createGunzip()),
  'x-gzip': (body) => through(body, createGunzip()),
  br: (body) => through(body, createBrotliDecompress()),
  deflate: inflated,
};

/** A body with a content coding that was not asked for. */
export class UnknownCodingError extends Error {
  override readonly name = 'UnknownCoding';
}

/** The names in a Content-Encoding header, in the order in which they were applied; `identity` is none. */
export function codingsOf(contentEncoding: string | undefined): string[] {
  const names = (contentEncoding ?? '').split(',').map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== '' && name !== 'identity');
}

/**
 * The decoded bytes, as they arrive. Rejects with zlib's error (a code `Z_…` or `ERR_…`) if the body is damaged or cut.
 * Throws {@link UnknownCodingError}.
 */
export function decoded(body: Bytes, codings: readonly string[]): Bytes {
  if (codings.length > MAX_CODINGS) throw new UnknownCodingError(`it is compressed ${codings.length} times`);
  return codings.reduceRight((coded, name) => {
    const decode = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
    if (decode === undefined)
      throw new UnknownCodingError(`it is compressed as ${JSON.stringify(name)}, which was not asked for`);
    return decode(coded);
  }, body);
}

function through(body: Bytes, decoder: NodeJS.ReadWriteStream & Readable): Bytes {
  pipeline(body, decoder, () => {}); // errors come out of the decoder
  return decoder;
}

/** `deflate` has zlib's header (RFC 9110); some servers omit it. */
async function* inflated(body: Bytes): AsyncGenerator<Uint8Array, void, void> {
  const chunks = body[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done) return;
  const rest = { [Symbol.asyncIterator]: () => chunks };
  const whole = (async function* () {
    yield first.value;
    yield* rest;
  })();
  yield* through(whole, hasZlibHeader(first.value) ? createInflate() : createInflateRaw());
}

/** CM is 8, and the two bytes are divisible by 31 (RFC 1950). A first chunk of one byte has CM only. */
function hasZlibHeader([cmf = 0, flags]: Uint8Array): boolean {
  return (cmf & 0x0f) === 8 && (flags === undefined || (cmf * 256 + flags) % 31 === 0);
}
