import { isUtf8 } from 'node:buffer';

/**
 * Keys of Aim's databases (docs/aim-repo-format.md §3.1): a path, each element followed by `fe`. A text is its UTF-8, an
 * integer `fe` and eight bytes, big-endian.
 */

/** An element of a path. */
export type PathElement = string | bigint;

const END = 0xfe;
/** Bytes of an integer element, with both its `fe`. */
export const INTEGER_ELEMENT = 10;

/** What precedes the key of a BLOB. */
export const BLOBS = encodeKey('BLOBS');

export function encodeKey(...elements: readonly PathElement[]): Buffer {
  return Buffer.concat(elements.map(encodeElement));
}

function encodeElement(element: PathElement): Buffer {
  if (typeof element === 'string') return Buffer.concat([Buffer.from(element), Buffer.of(END)]);
  const bytes = Buffer.alloc(INTEGER_ELEMENT, END);
  bytes.writeBigInt64BE(element, 1);
  return bytes;
}

/** The lowest key above all that begin with `prefix`, which ends with an element's `fe`. */
export function behind(prefix: Uint8Array): Buffer {
  const key = Buffer.from(prefix);
  key[key.length - 1] = END + 1;
  return key;
}

/** The elements from `start` to `end`; undefined when the bytes are no path. */
export function decodeKey(key: Uint8Array, start: number, end: number): PathElement[] | undefined {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  const elements: PathElement[] = [];
  for (let at = start; at < end; ) {
    if (bytes[at] === END) {
      if (at + INTEGER_ELEMENT > end || bytes[at + INTEGER_ELEMENT - 1] !== END) return undefined;
      elements.push(bytes.readBigInt64BE(at + 1));
      at += INTEGER_ELEMENT;
    } else {
      const stop = bytes.indexOf(END, at);
      if (stop < 0 || stop >= end) return undefined;
      const text = bytes.subarray(at, stop);
      if (!isUtf8(text)) return undefined;
      elements.push(text.toString());
      at = stop + 1;
    }
  }
  return elements;
}

/** A path for people: `traces/{…}/loss`; what cannot be decoded as hexadecimal digits. */
export function describeKey(key: Uint8Array): string {
  const elements = decodeKey(key, 0, key.length);
  return elements === undefined ? `0x${Buffer.from(key).toString('hex')}` : describePath(elements);
}

export function describePath(elements: readonly PathElement[]): string {
  return elements.join('/');
}
