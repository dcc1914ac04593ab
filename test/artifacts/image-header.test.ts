import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readImageHeader } from '../../src/artifacts/image/header.js';
import { SAMPLE_IMAGES, sampleImage } from './sample-images.js';

const utf8 = (text: string) => new TextEncoder().encode(text);

/** A copy with some bytes replaced. */
function patched(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
}

describe('the header of an image', () => {
  test.each(SAMPLE_IMAGES)('is what Pillow says: $name', ({ bytes, format, mode }) => {
    expect(readImageHeader(bytes)).toEqual({ width: 3, height: 2, format, mode });
  });

  test.each(SAMPLE_IMAGES)('is found wherever the bytes lie in their buffer: $name', ({ bytes, format, mode }) => {
    const buffer = new Uint8Array(bytes.length + 7);
    buffer.set(bytes, 5);
    expect(readImageHeader(buffer.subarray(5, 5 + bytes.length))).toMatchObject({ width: 3, format, mode });
  });

  test('of a GIF counts a first frame that is larger than its screen', () => {
    expect(readImageHeader(patched(sampleImage('gif P'), 6, 1, 0, 1, 0))).toMatchObject({ width: 3, height: 2 });
  });

  test('of a JPEG is found behind junk, fill bytes and other segments', () => {
    const jpeg = sampleImage('jpeg RGB');
    const comment = [0xff, 0xfe, 0x00, 0x06, 0xff, 0xc0, 0xff, 0xd9];
    const junk = [0x00, 0x12, 0xff, 0x00, 0xff, 0xd0, 0xff, 0xff];
    const bytes = Uint8Array.from([...jpeg.subarray(0, 2), ...comment, ...junk, ...jpeg.subarray(2)]);
    expect(readImageHeader(bytes)).toEqual({ width: 3, height: 2, format: 'jpeg', mode: 'RGB' });
  });

  test('of a BMP is read in the form of OS/2 and with its rows from the top', () => {
    const core = new Uint8Array(40);
    core.set(utf8('BM'));
    core.set([12, 0, 0, 0, 3, 0, 2, 0, 1, 0, 24, 0], 14);
    expect(readImageHeader(core)).toEqual({ width: 3, height: 2, format: 'bmp', mode: 'RGB' });
    const fromTop = patched(sampleImage('bmp RGB'), 22, 0xfe, 0xff, 0xff, 0xff);
    expect(readImageHeader(fromTop)).toMatchObject({ width: 3, height: 2 });
  });
});

describe('the size of an SVG', () => {
  test.each([
    ['<svg width="10" height="20"/>', 10, 20],
    ["<svg width='10px'\n height = '20.4'>", 10, 20],
    ['<svg width="1in" height="2.54cm"/>', 96, 96],
    ['<svg width="12pt" height="1e1"/>', 16, 10],
    ['<svg viewBox="0 0 10 20"/>', 10, 20],
    ['<svg viewBox=" 0,0, 10,20 "/>', 10, 20],
    ['<svg viewBox="0 0 10 20" width="100%" height="100%"/>', 10, 20],
    ['<svg viewBox="0 0 10 20" width="5"/>', 5, 10],
    ['<svg viewBox="0 0 10 20" height="5"/>', 3, 5],
    ['<svg/>', 300, 150],
    ['<svg width="-5" height="constructor" viewBox="0 0 0 0">', 300, 150],
    ['<svg width="0.1" height="0.2">', 1, 1],
    ['<svg width="1e99" height="1">', 2 ** 31 - 1, 1],
    [
      '\ufeff<?xml version="1.0"?>\n<!-- <svg width="1"> -->\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"\n "http://www.w3.org/svg11.dtd">\n<svg width="10" height="20">',
      10,
      20,
    ],
    ['<!DOCTYPE svg [ <!ENTITY ns "http://a>b/"> ]><svg:svg xmlns:svg="&ns;" width="10" height="20">', 10, 20],
  ])('%s', (text, width, height) => {
    expect(readImageHeader(utf8(text))).toEqual({ width, height, format: 'svg+xml', mode: 'RGBA' });
  });

  test('is read from UTF-16 too', () => {
    const bytes = Buffer.from('\ufeff<svg width="10" height="20"/>', 'utf16le');
    expect(readImageHeader(bytes)).toMatchObject({ width: 10, height: 20 });
  });

  test.each([
    '<svg',
    '<svg width="1"',
    '<svg width=1>',
    '<svgs/>',
    '<html><svg/></html>',
    'text <svg/>',
    '<!-- <svg/>',
    '<?xml',
  ])('%s is none', (text) => {
    expect(readImageHeader(utf8(text))).toBeUndefined();
  });
});

describe('no image', () => {
  test.each([
    ['nothing', new Uint8Array()],
    ['text', utf8('this is no image')],
    ['a PNG without a header', sampleImage('png RGB').subarray(0, 8)],
    ['a PNG cut off in its header', sampleImage('png RGB').subarray(0, 32)],
    ['a PNG whose header is not what was written', patched(sampleImage('png RGB'), 16, 1)],
    ['a JPEG without a frame', sampleImage('jpeg RGB').subarray(0, 40)],
    ['a JPEG that ends', Uint8Array.from([0xff, 0xd8, 0xff, 0xd9])],
    ['a GIF without a frame', sampleImage('gif P').subarray(0, 13)],
    ['a BMP of an unknown kind', patched(sampleImage('bmp RGB'), 14, 41)],
    ['a BMP with 3 bits', patched(sampleImage('bmp RGB'), 28, 3)],
    ['a WebP without a chunk', sampleImage('webp lossy').subarray(0, 12)],
    ['a TIFF', Uint8Array.from([0x49, 0x49, 0x2a, 0, 8, 0, 0, 0])],
    ['an image without a width', patched(sampleImage('bmp RGB'), 18, 0)],
  ])('%s', (_, bytes) => {
    expect(readImageHeader(bytes)).toBeUndefined();
  });

  test('that looks like one is told from it quickly', () => {
    const junk = new Uint8Array(50_000_000).fill(0xff);
    junk[1] = 0xd8;
    for (const bytes of [
      junk,
      utf8(`<svg width="${'1'.repeat(100_000)}${' '.repeat(100_000)}x"`),
      utf8(`<svg ${'a '.repeat(100_000)}`),
      utf8(`<!DOCTYPE[${'] '.repeat(100_000)}`),
    ]) {
      expect(readImageHeader(bytes)).toBeUndefined();
    }
  }, 10_000);

  test('whatever the bytes are, there is an answer', () => {
    const damaged = fc
      .tuple(fc.constantFrom(...SAMPLE_IMAGES), fc.array(fc.tuple(fc.nat(60), fc.nat(255))), fc.nat(400))
      .map(([{ bytes }, changes, length]) => {
        const copy = bytes.slice(0, length);
        for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
        return copy;
      });
    fc.assert(
      fc.property(damaged, (bytes) => {
        const header = readImageHeader(bytes);
        if (header === undefined) return;
        expect(header.width).toBeGreaterThan(0);
        expect(header.height).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
  });
});
