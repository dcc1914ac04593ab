import type { ImageHeader } from '../../model.js';
import { hasText } from './text-at.js';

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const HAS_PALETTE = 0x80;

/** A GIF up to its first frame, which may be larger than the screen that the file begins with. */
export function readGifHeader(data: DataView): ImageHeader | undefined {
  if (!hasText(data, 0, 'GIF87a') && !hasText(data, 0, 'GIF89a')) return undefined;
  const screenPalette = paletteAt(data, 10, 13);
  let at = screenPalette.end;
  while (data.getUint8(at) === EXTENSION) at = skipBlocks(data, at + 2);
  if (data.getUint8(at) !== IMAGE) return undefined;

  const framePalette = paletteAt(data, at + 9, at + 10);
  return {
    width: Math.max(data.getUint16(6, true), data.getUint16(at + 1, true) + data.getUint16(at + 5, true)),
    height: Math.max(data.getUint16(8, true), data.getUint16(at + 3, true) + data.getUint16(at + 7, true)),
    format: 'gif',
    mode: (framePalette.isThere ? framePalette : screenPalette).isGrey ? 'L' : 'P',
  };
}

interface Palette {
  readonly isThere: boolean;
  /** Colour i is the grey i, so that the palette says nothing; no palette at all counts as that. */
  readonly isGrey: boolean;
  readonly end: number;
}

function paletteAt(data: DataView, flagsAt: number, at: number): Palette {
  const flags = data.getUint8(flagsAt);
  if ((flags & HAS_PALETTE) === 0) return { isThere: false, isGrey: true, end: at };
  const bytes = 3 * 2 ** ((flags & 7) + 1);
  let isGrey = true;
  for (let i = 0; i < bytes; i++) isGrey &&= data.getUint8(at + i) === Math.floor(i / 3);
  return { isThere: true, isGrey, end: at + bytes };
}

/** Passes over blocks, each behind its length, up to an empty one. */
function skipBlocks(data: DataView, from: number): number {
  let at = from;
  for (;;) {
    const length = data.getUint8(at);
    at += 1 + length;
    if (length === 0) return at;
  }
}
