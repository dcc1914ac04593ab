import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readBytes } from '../../src/artifacts/read-bytes.js';
import { toUtf8 } from '../../src/artifacts/text.js';

const NEVER = new AbortController().signal;

async function* chunksOf(...chunks: (number[] | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Uint8Array.from(chunk);
}

describe('readBytes', () => {
  test('gathers all chunks into a buffer of their own size, whatever was promised', async () => {
    const chunk = fc.uint8Array({ maxLength: 100_000 });
    const hint = fc.option(fc.nat(200_000), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 5 }), hint, async (chunks, sizeHint) => {
        const bytes = await readBytes(chunksOf(...chunks), 1_000_000, sizeHint, NEVER);
        expect(Buffer.compare(bytes!, Buffer.concat(chunks))).toBe(0);
        expect(bytes!.buffer.byteLength).toBe(bytes!.byteLength);
      }),
      { numRuns: 50 },
    );
  });

  test('stops as soon as there are more than the limit', async () => {
    let given = 0;
    let closed = false;
    async function* endless() {
      try {
        for (;;) {
          given++;
          yield new Uint8Array(10);
        }
      } finally {
        closed = true;
      }
    }
    expect(await readBytes(endless(), 35, 5, NEVER)).toBeUndefined();
    expect({ given, closed }).toEqual({ given: 4, closed: true });
    expect(await readBytes(chunksOf([1, 2, 3]), 3, undefined, NEVER)).toHaveLength(3);
  });

  test('stops between two chunks when aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    async function* aborting() {
      yield new Uint8Array(1);
      controller.abort(reason);
      yield new Uint8Array(1);
      throw new Error('not reached');
    }
    await expect(readBytes(aborting(), 100, undefined, controller.signal)).rejects.toBe(reason);
  });
});

describe('toUtf8', () => {
  test.each(['', 'plain', 'ünï 实验 🚀', 'nul \0 too', '\ufeffwith a byte order mark', 'a\r\nb'])(
    'keeps %j',
    (text) => {
      const bytes = new TextEncoder().encode(text);
      expect(toUtf8(bytes)).toEqual({ bytes, replaced: false });
      expect(toUtf8(bytes).bytes).toBe(bytes);
    },
  );

  test.each(['utf-16le', 'utf-16be', 'utf-32le', 'utf-32be'] as const)('decodes %s by its mark', (encoding) => {
    const text = 'epoch 1 ünï 实验 🚀\r\n';
    const mark = '\ufeff';
    const { bytes, replaced } = toUtf8(encode(mark + text, encoding));
    expect({ text: Buffer.from(bytes).toString('utf8'), replaced }).toEqual({ text, replaced: false });
  });

  test.each([
    ['Latin-1', [0x67, 0x72, 0xfc, 0x6e], 'gr\ufffdn'],
    ['a character cut off', [0x61, 0xe5, 0xae], 'a\ufffd'],
    ['UTF-16 without a mark', [0xe4, 0x00, 0x61, 0x00], '\ufffd\0a\0'],
    ['UTF-16 with half a character', [0xff, 0xfe, 0x61, 0x00, 0x62], 'a\ufffd'],
    ['UTF-16 with half a pair', [0xfe, 0xff, 0xd8, 0x3d, 0x00, 0x61], '\ufffda'],
    [
      'UTF-32 with what is no character',
      [0x00, 0x00, 0xfe, 0xff, 0x00, 0x11, 0x00, 0x00],
      '\0\0\ufffd\ufffd\0\x11\0\0',
    ],
    ['a byte order mark before it', [0xef, 0xbb, 0xbf, 0xff], '\ufeff\ufffd'],
  ])('replaces what is no UTF-8: %s', (_, bytes, text) => {
    const result = toUtf8(Uint8Array.from(bytes));
    expect(result.replaced).toBe(true);
    expect(Buffer.from(result.bytes).toString('utf8')).toBe(text);
  });
});

function encode(text: string, encoding: 'utf-16le' | 'utf-16be' | 'utf-32le' | 'utf-32be'): Uint8Array {
  const units = encoding.startsWith('utf-16') ? [...Buffer.from(text, 'utf16le')] : Array.from(text).flatMap(utf32);
  const width = encoding.startsWith('utf-16') ? 2 : 4;
  const words = Array.from({ length: units.length / width }, (_, at) => units.slice(at * width, (at + 1) * width));
  return Uint8Array.from(encoding.endsWith('le') ? units : words.flatMap((word) => word.reverse()));
}

function utf32(character: string): number[] {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(character.codePointAt(0) ?? 0);
  return [...bytes];
}
