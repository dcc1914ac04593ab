import type { ImageHeader } from '../../model.js';
import { hasText } from './text-at.js';

/** Start of frame: baseline, extended, progressive, and the latter two with arithmetic coding. */
const FRAMES: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2, 0xc9, 0xca]);
/** Markers without a segment: TEM, RST0 to RST7. */
const isBare = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
const END_OF_IMAGE = 0xd9;
const START_OF_SCAN = 0xda;

const MODES: Readonly<Record<number, string>> = { 1: 'L', 3: 'RGB', 4: 'CMYK' };

/** A JPEG's frame header, found by walking its segments; junk between two of them is passed over, as decoders do. */
export function readJpegHeader(data: DataView): ImageHeader | undefined {
  if (!hasText(data, 0, '\xff\xd8\xff')) return undefined;
  let at = 2;
  for (;;) {
    while (data.getUint8(at) !== 0xff) at++;
    while (data.getUint8(at) === 0xff) at++;
    const marker = data.getUint8(at++);
    if (marker === END_OF_IMAGE || marker === START_OF_SCAN) return undefined;
    if (marker === 0 || isBare(marker)) continue;
    if (FRAMES.has(marker)) return readFrame(data, at);
    const length = data.getUint16(at);
    if (length < 2) return undefined;
    at += length;
  }
}

function readFrame(data: DataView, at: number): ImageHeader | undefined {
  const bitsPerSample = data.getUint8(at + 2);
  const mode = MODES[data.getUint8(at + 7)];
  if (bitsPerSample !== 8 || mode === undefined) return undefined;
  return { width: data.getUint16(at + 5), height: data.getUint16(at + 3), format: 'jpeg', mode };
}
