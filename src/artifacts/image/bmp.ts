import type { ImageHeader } from '../../model.js';
import { hasText } from './text-at.js';

/** The header of OS/2 1, whose fields are half as wide. */
const CORE_HEADER = 12;
const HEADERS: ReadonlySet<number> = new Set([CORE_HEADER, 40, 52, 56, 64, 108, 124]);
/** The headers that have a mask for alpha. */
const HAS_ALPHA_MASK: ReadonlySet<number> = new Set([56, 108, 124]);

const DEPTHS: ReadonlySet<number> = new Set([1, 4, 8, 16, 24, 32]);
const BITFIELDS = 3;

const HEADER = 14;

/** A BMP's information header. */
export function readBmpHeader(data: DataView): ImageHeader | undefined {
  if (!hasText(data, 0, 'BM')) return undefined;
  const size = data.getUint32(HEADER, true);
  if (!HEADERS.has(size)) return undefined;
  const isCore = size === CORE_HEADER;
  const depth = data.getUint16(HEADER + (isCore ? 10 : 14), true);
  const compression = isCore ? 0 : data.getUint32(HEADER + 16, true);
  if (!DEPTHS.has(depth) || compression > BITFIELDS) return undefined;
  return {
    width: isCore ? data.getUint16(HEADER + 4, true) : data.getInt32(HEADER + 4, true),
    // Negative when the rows come from the top.
    height: isCore ? data.getUint16(HEADER + 6, true) : Math.abs(data.getInt32(HEADER + 8, true)),
    format: 'bmp',
    mode: depth <= 8 ? paletteMode(data, size, depth) : colourMode(data, size, compression),
  };
}

/** `1` or `L` when colour i is the grey i, so that the palette says nothing, else `P`. */
function paletteMode(data: DataView, size: number, depth: number): string {
  const isCore = size === CORE_HEADER;
  const colours = (isCore ? 0 : data.getUint32(HEADER + 32, true)) || 2 ** depth;
  const bytesPerColour = isCore ? 3 : 4;
  // More than 256 colours cannot be the 256 greys.
  let isGrey = colours <= 256;
  for (let colour = 0; isGrey && colour < colours; colour++) {
    const grey = colours === 2 ? colour * 255 : colour;
    for (let i = 0; i < 3; i++) isGrey &&= data.getUint8(HEADER + size + colour * bytesPerColour + i) === grey;
  }
  if (!isGrey) return 'P';
  return colours <= 2 ? '1' : 'L';
}

function colourMode(data: DataView, size: number, compression: number): string {
  const hasAlpha = compression === BITFIELDS && HAS_ALPHA_MASK.has(size) && data.getUint32(HEADER + 52, true) !== 0;
  return hasAlpha ? 'RGBA' : 'RGB';
}
