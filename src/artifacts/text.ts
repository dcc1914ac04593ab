import { isUtf8 } from 'node:buffer';

/** Keeps a byte order mark, which is text to Aim. */
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });

/** Valid UTF-8: the same bytes where they are, else a copy in which U+FFFD stands for what is not. */
export function toUtf8(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly replaced: boolean } {
  if (isUtf8(bytes)) return { bytes, replaced: false };
  return { bytes: new TextEncoder().encode(DECODER.decode(bytes)), replaced: true };
}
