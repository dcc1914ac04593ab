import { isUtf8 } from 'node:buffer';

/** Keeps a byte order mark, which is text to Aim. */
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });
/** Takes half a surrogate pair for U+FFFD, and leaves out the byte order mark. */
const UTF16 = new TextDecoder('utf-16le');

interface Text {
  readonly bytes: Uint8Array;
  /** Whether U+FFFD stands for something that could not be read. */
  readonly replaced: boolean;
}

/**
 * Valid UTF-8: the same bytes where they are. UTF-16 and UTF-32 with a byte order mark, as PowerShell and Excel write
 * them, are decoded, without that mark. Else a copy in which U+FFFD stands for what is no UTF-8.
 */
export function toUtf8(bytes: Uint8Array): Text {
  if (isUtf8(bytes)) return { bytes, replaced: false };
  return fromUtf32(bytes) ?? fromUtf16(bytes) ?? { bytes: encoded(UTF8.decode(bytes)), replaced: true };
}

function fromUtf16(bytes: Uint8Array): Text | undefined {
  const isBigEndian = bytes[0] === 0xfe && bytes[1] === 0xff;
  if (!isBigEndian && !(bytes[0] === 0xff && bytes[1] === 0xfe)) return undefined;
  const whole = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  const text = UTF16.decode(isBigEndian ? whole.swap16() : whole);
  const isCut = whole.length < bytes.length;
  return { bytes: encoded(isCut ? `${text}\ufffd` : text), replaced: isCut || !isWellFormed(whole) };
}

/** Only when all of it is characters: the mark of little-endian UTF-32 may also be UTF-16 that begins with a NUL. */
function fromUtf32(bytes: Uint8Array): Text | undefined {
  if (bytes.length < 8 || bytes.length % 4 !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isBigEndian = view.getUint32(0) === BYTE_ORDER_MARK;
  if (!isBigEndian && view.getUint32(0, true) !== BYTE_ORDER_MARK) return undefined;
  const text: string[] = [];
  for (let at = 4; at < bytes.length; at += 4) {
    const point = view.getUint32(at, !isBigEndian);
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return undefined;
    text.push(String.fromCodePoint(point));
  }
  return { bytes: encoded(text.join('')), replaced: false };
}

const BYTE_ORDER_MARK = 0xfeff;

/** Whether little-endian UTF-16 holds no half of a surrogate pair. */
function isWellFormed(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-16le', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
