import { crc32 } from 'node:zlib';
import { errorCode } from '../../errors.js';
import { svgSize } from './svg-file.js';

/** What Aim has to say of an image. */
export interface ImageFacts {
  readonly width: number;
  readonly height: number;
  readonly format: string;
  /** Pillow's name for the pixels. */
  readonly mode: string;
}

/** What reading a number behind the end throws. */
const BEHIND_THE_END: ReadonlySet<string | undefined> = new Set(['ERR_OUT_OF_RANGE', 'ERR_BUFFER_OUT_OF_BOUNDS']);

/** What lies further behind is not looked at. */
const HEAD = 16 * 1024 * 1024;

/**
 * Reads an image's header by the content (docs/mapping.md, "Artifacts"); undefined for what Aim's UI does not paint, and for a header
 * that is cut or wrong.
 */
export function imageFacts(bytes: Uint8Array): ImageFacts | undefined {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, HEAD));
  try {
    const facts = factsOf(data);
    return facts !== undefined && facts.width > 0 && facts.height > 0 ? facts : undefined;
  } catch (cause) {
    if (BEHIND_THE_END.has(errorCode(cause))) return undefined;
    throw cause;
  }
}

function factsOf(data: Buffer): ImageFacts | undefined {
  const start = data.toString('latin1', 0, 16);
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return png(data);
  if (start.startsWith('\xff\xd8\xff')) return jpeg(data);
  if (/^GIF8[79]a/.test(start)) return gif(data);
  if (start.startsWith('BM')) return bmp(data);
  if (/^RIFF.{4}WEBP/s.test(start)) return webp(data);
  const size = svgSize(data);
  return size && { ...size, format: 'svg+xml', mode: 'RGBA' };
}

/** By colour type; the bit depths that it allows, and Pillow's mode for each. */
const PNG_MODES: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  0: { 1: '1', 2: 'L', 4: 'L', 8: 'L', 16: 'I;16' },
  2: { 8: 'RGB', 16: 'RGB' },
  3: { 1: 'P', 2: 'P', 4: 'P', 8: 'P' },
  4: { 8: 'LA', 16: 'RGBA' },
  6: { 8: 'RGBA', 16: 'RGBA' },
};

function png(data: Buffer): ImageFacts | undefined {
  if (data.readUInt32BE(8) !== 13 || data.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  if (crc32(data.subarray(12, 29)) !== data.readUInt32BE(29)) return undefined;
  const mode = PNG_MODES[data.readUInt8(25)]?.[data.readUInt8(24)];
  if (mode === undefined || data.readUInt16BE(26) !== 0) return undefined;
  return { width: data.readUInt32BE(16), height: data.readUInt32BE(20), format: 'png', mode };
}

const JPEG_MODES: Readonly<Record<number, string>> = { 1: 'L', 3: 'RGB', 4: 'CMYK' };

function jpeg(data: Buffer): ImageFacts | undefined {
  for (let at = 2; ; ) {
    at = data.indexOf(0xff, at);
    if (at < 0) return undefined;
    while (data.readUInt8(at) === 0xff) at++;
    const marker = data.readUInt8(at++);
    if (marker === 0xd9 || marker === 0xda) return undefined;
    if (marker === 0x00 || marker === 0x01 || (marker & 0xf8) === 0xd0) continue;
    if ([0xc0, 0xc1, 0xc2, 0xc9, 0xca].includes(marker)) {
      const mode = JPEG_MODES[data.readUInt8(at + 7)];
      if (mode === undefined || data.readUInt8(at + 2) !== 8) return undefined;
      return { width: data.readUInt16BE(at + 5), height: data.readUInt16BE(at + 3), format: 'jpeg', mode };
    }
    const length = data.readUInt16BE(at);
    if (length < 2) return undefined;
    at += length;
  }
}

/** Up to the first frame, which may be larger than the screen. */
function gif(data: Buffer): ImageFacts | undefined {
  const palette = (flags: number, at: number) => {
    const size = flags & 0x80 ? 3 << ((flags & 7) + 1) : 0;
    let isGrey = true;
    for (let i = 0; isGrey && i < size; i++) isGrey = data.readUInt8(at + i) === Math.floor(i / 3);
    return { isThere: size > 0, isGrey, end: at + size };
  };
  const global = palette(data.readUInt8(10), 13);
  let at = global.end;
  while (data.readUInt8(at) === 0x21) {
    at += 2;
    for (let length = data.readUInt8(at); length > 0; length = data.readUInt8(at)) at += length + 1;
    at++;
  }
  if (data.readUInt8(at) !== 0x2c) return undefined;
  const [left, top, width, height] = [1, 3, 5, 7].map((offset) => data.readUInt16LE(at + offset)) as [
    number,
    number,
    number,
    number,
  ];
  const local = palette(data.readUInt8(at + 9), at + 10);
  return {
    width: Math.max(data.readUInt16LE(6), left + width),
    height: Math.max(data.readUInt16LE(8), top + height),
    format: 'gif',
    mode: (local.isThere ? local : global).isGrey ? 'L' : 'P',
  };
}

function bmp(data: Buffer): ImageFacts | undefined {
  const header = data.readUInt32LE(14);
  if (![12, 40, 52, 56, 64, 108, 124].includes(header)) return undefined;
  const isCore = header === 12;
  const bits = data.readUInt16LE(isCore ? 24 : 28);
  const compression = isCore ? 0 : data.readUInt32LE(30);
  if (![1, 4, 8, 16, 24, 32].includes(bits) || compression > 3) return undefined;
  const size = isCore
    ? { width: data.readUInt16LE(18), height: data.readUInt16LE(20) }
    : { width: data.readInt32LE(18), height: Math.abs(data.readInt32LE(22)) };
  if (bits > 8) {
    const hasAlpha = compression === 3 && [56, 108, 124].includes(header) && data.readUInt32LE(66) !== 0;
    return { ...size, format: 'bmp', mode: hasAlpha ? 'RGBA' : 'RGB' };
  }
  const colours = (isCore ? 0 : data.readUInt32LE(46)) || 1 << bits;
  return { ...size, format: 'bmp', mode: bmpPaletteMode(data, 14 + header, colours, isCore ? 3 : 4) };
}

/** A palette that is the row of greys says nothing. */
function bmpPaletteMode(data: Buffer, at: number, colours: number, width: number): string {
  if (colours > 256) return 'P';
  for (let i = 0; i < colours; i++) {
    const grey = colours === 2 ? i * 255 : i;
    for (let channel = 0; channel < 3; channel++) if (data.readUInt8(at + i * width + channel) !== grey) return 'P';
  }
  return colours <= 2 ? '1' : 'L';
}

function webp(data: Buffer): ImageFacts | undefined {
  const facts = (width: number, height: number, hasAlpha: boolean) => ({
    width,
    height,
    format: 'webp',
    mode: hasAlpha ? 'RGBA' : 'RGB',
  });
  switch (data.toString('latin1', 12, 16)) {
    case 'VP8 ': {
      const isKeyFrame = (data.readUInt8(20) & 1) === 0 && data.toString('latin1', 23, 26) === '\x9d\x01\x2a';
      return isKeyFrame ? facts(data.readUInt16LE(26) % 16384, data.readUInt16LE(28) % 16384, false) : undefined;
    }
    case 'VP8L': {
      const bits = BigInt(data.readUInt32LE(21));
      const field = (from: bigint) => Number((bits >> from) & 0x3fffn) + 1;
      return data.readUInt8(20) === 0x2f ? facts(field(0n), field(14n), ((bits >> 28n) & 1n) === 1n) : undefined;
    }
    case 'VP8X':
      return facts(data.readUIntLE(24, 3) + 1, data.readUIntLE(27, 3) + 1, (data.readUInt8(20) & 0x10) !== 0);
    default:
      return undefined;
  }
}
