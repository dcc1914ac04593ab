import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

/** What Accept-Encoding says: all that is decoded here. */
export const ACCEPTED_CODINGS = 'gzip, deflate, br';

/** A gateway codes once; whoever codes more often means no good. */
const MOST_CODINGS = 2;

type Bytes = AsyncIterable<Uint8Array>;

const DECODERS: Readonly<Record<string, (body: Bytes) => Bytes>> = {
  gzip: (body) => through(body, createGunzip()),
  'x-gzip': (body) => through(body, createGunzip()),
  br: (body) => through(body, createBrotliDecompress()),
  deflate: inflated,
};

/** A body that is coded in a way that was not asked for. */
export class UnknownCodingError extends Error {
  override readonly name = 'UnknownCoding';
}

/** The names in a Content-Encoding header, in the order in which they were applied; `identity` is none. */
export function codingsOf(contentEncoding: string | undefined): string[] {
  const names = (contentEncoding ?? '').split(',').map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== '' && name !== 'identity');
}

/**
 * The bytes behind a Content-Encoding, as they come. Rejects with zlib's error (a code `Z_…` or `ERR_…`) for what is damaged or cut.
 * Throws {@link UnknownCodingError}.
 */
export function decoded(body: Bytes, codings: readonly string[]): Bytes {
  if (codings.length > MOST_CODINGS) throw new UnknownCodingError(`it is compressed ${codings.length} times over`);
  return codings.reduceRight((coded, name) => {
    const decode = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
    if (decode === undefined)
      throw new UnknownCodingError(`it is compressed as ${JSON.stringify(name)}, which was not asked for`);
    return decode(coded);
  }, body);
}

function through(body: Bytes, decoder: NodeJS.ReadWriteStream & Readable): Bytes {
  pipeline(body, decoder, () => {}); // an error comes out of the decoder
  return decoder;
}

/** RFC 9110 says that `deflate` has zlib's header; some servers leave it out. */
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

/** CM is 8 and the two bytes are divisible by 31 (RFC 1950); of a first chunk of one byte only CM is known. */
function hasZlibHeader([cmf = 0, flags]: Uint8Array): boolean {
  return (cmf & 0x0f) === 8 && (flags === undefined || (cmf * 256 + flags) % 31 === 0);
}
