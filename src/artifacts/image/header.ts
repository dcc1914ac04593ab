import type { ImageHeader } from '../../model.js';
import { readBmpHeader } from './bmp.js';
import { readGifHeader } from './gif.js';
import { readJpegHeader } from './jpeg.js';
import { readPngHeader } from './png.js';
import { readSvgHeader } from './svg.js';
import { readWebpHeader } from './webp.js';

/** One for each format; each recognises its own by the first bytes and passes over all others. */
const READERS: readonly ((data: DataView) => ImageHeader | undefined)[] = [
  readPngHeader,
  readJpegHeader,
  readGifHeader,
  readBmpHeader,
  readWebpHeader,
  readSvgHeader,
];

/** A header, embedded profiles included, is not longer; without a bound a file of junk would cost seconds. */
const HEAD = 16 * 1024 * 1024;

/**
 * What the header of an image says, by its content and not by its name. Size and mode are those that Pillow reports,
 * because Aim's SDK compares them when it hands out the image. Undefined for what is no image that Aim's UI paints, and
 * for a header that is cut off or wrong; pixels are not looked at.
 */
export function readImageHeader(bytes: Uint8Array): ImageHeader | undefined {
  const data = new DataView(bytes.buffer, bytes.byteOffset, Math.min(HEAD, bytes.byteLength));
  for (const read of READERS) {
    try {
      const header = read(data);
      if (header !== undefined) return header.width > 0 && header.height > 0 ? header : undefined;
    } catch (cause) {
      // A DataView throws this when a header points behind the end of the file.
      if (!(cause instanceof RangeError)) throw cause;
      return undefined;
    }
  }
  return undefined;
}
