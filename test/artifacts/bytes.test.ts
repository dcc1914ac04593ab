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

  test.each([
    ['Latin-1', [0x67, 0x72, 0xfc, 0x6e], 'gr\ufffdn'],
    ['a character cut off', [0x61, 0xe5, 0xae], 'a\ufffd'],
    ['UTF-16', [0xff, 0xfe, 0x61, 0x00], '\ufffd\ufffda\0'],
    ['a byte order mark before it', [0xef, 0xbb, 0xbf, 0xff], '\ufeff\ufffd'],
  ])('replaces what is no UTF-8: %s', (_, bytes, text) => {
    const result = toUtf8(Uint8Array.from(bytes));
    expect(result.replaced).toBe(true);
    expect(Buffer.from(result.bytes).toString('utf8')).toBe(text);
  });
});
