// @ts-check
import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const CHANNELS = 3;

/**
 * An RGB image of 8 bits a channel as a PNG file. Noise does not compress: of it, the file is about as large as the pixels.
 *
 * @param {Buffer} pixels width × height × 3 bytes, row by row
 * @param {number} width
 * @param {number} height
 */
export function encodePng(pixels, width, height) {
  const row = width * CHANNELS;
  const scanlines = Buffer.alloc((row + 1) * height); // before each row a byte for its filter: 0, none
  for (let y = 0; y < height; y++) pixels.copy(scanlines, y * (row + 1) + 1, y * row, (y + 1) * row);

  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8); // bit depth, RGB, and the only compression, filter method and interlacing of most files
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(scanlines, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/**
 * @param {string} type
 * @param {Buffer} data
 */
function chunk(type, data) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
