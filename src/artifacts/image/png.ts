import { crc32 } from 'node:zlib';
import type { ImageHeader } from '../../model.js';
import { hasText } from './text-at.js';

/** Pillow's mode for each allowed pair of bit depth and colour type. */
const MODES: Readonly<Record<string, string>> = {
  '1 0': '1',
  '2 0': 'L',
  '4 0': 'L',
  '8 0': 'L',
  '16 0': 'I;16',
  '8 2': 'RGB',
  '16 2': 'RGB',
  '1 3': 'P',
  '2 3': 'P',
  '4 3': 'P',
  '8 3': 'P',
  '8 4': 'LA',
  '16 4': 'RGBA',
  '8 6': 'RGBA',
  '16 6': 'RGBA',
};

const IHDR = 12;
const IHDR_LENGTH = 13;

/** A PNG's first chunk, IHDR, whose checksum must be right: no decoder goes on otherwise. */
export function readPngHeader(data: DataView): ImageHeader | undefined {
  if (!hasText(data, 0, '\x89PNG\r\n\x1a\n') || !hasText(data, IHDR, 'IHDR')) return undefined;
  if (data.getUint32(8) !== IHDR_LENGTH) return undefined;
  const checksum = data.getUint32(IHDR + 4 + IHDR_LENGTH);
  if (crc32(new Uint8Array(data.buffer, data.byteOffset + IHDR, 4 + IHDR_LENGTH)) !== checksum) return undefined;

  const mode = MODES[`${data.getUint8(24)} ${data.getUint8(25)}`];
  const methods = [data.getUint8(26), data.getUint8(27)];
  if (mode === undefined || methods.some((method) => method !== 0)) return undefined;
  return { width: data.getUint32(16), height: data.getUint32(20), format: 'png', mode };
}
