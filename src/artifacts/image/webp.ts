import type { ImageHeader } from '../../model.js';
import { hasText } from './text-at.js';

const CHUNK = 12;
const PAYLOAD = 20;
const HAS_ALPHA = 0x10;

/** The first chunk of a WebP: lossy, lossless, or the header of the extended form. */
export function readWebpHeader(data: DataView): ImageHeader | undefined {
  if (!hasText(data, 0, 'RIFF') || !hasText(data, 8, 'WEBP')) return undefined;
  if (hasText(data, CHUNK, 'VP8 ')) return readLossy(data);
  if (hasText(data, CHUNK, 'VP8L')) return readLossless(data);
  if (hasText(data, CHUNK, 'VP8X')) return readExtended(data);
  return undefined;
}

function readLossy(data: DataView): ImageHeader | undefined {
  const isKeyFrame = (data.getUint8(PAYLOAD) & 1) === 0;
  if (!isKeyFrame || !hasText(data, PAYLOAD + 3, '\x9d\x01\x2a')) return undefined;
  // The upper two bits of each are a scale for display.
  return webp(data.getUint16(PAYLOAD + 6, true) & 0x3fff, data.getUint16(PAYLOAD + 8, true) & 0x3fff, false);
}

function readLossless(data: DataView): ImageHeader | undefined {
  if (data.getUint8(PAYLOAD) !== 0x2f) return undefined;
  const bits = data.getUint32(PAYLOAD + 1, true);
  return webp((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1, ((bits >>> 28) & 1) === 1);
}

function readExtended(data: DataView): ImageHeader {
  const hasAlpha = (data.getUint8(PAYLOAD) & HAS_ALPHA) !== 0;
  return webp(uint24(data, PAYLOAD + 4) + 1, uint24(data, PAYLOAD + 7) + 1, hasAlpha);
}

function webp(width: number, height: number, hasAlpha: boolean): ImageHeader {
  return { width, height, format: 'webp', mode: hasAlpha ? 'RGBA' : 'RGB' };
}

function uint24(data: DataView, at: number): number {
  return data.getUint16(at, true) | (data.getUint8(at + 2) << 16);
}
