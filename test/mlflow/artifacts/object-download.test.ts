import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { objectDownload } from '../../../src/mlflow/artifacts/object-download.js';
import type { ObjectPart } from '../../../src/mlflow/artifacts/object-store.js';
import { collect, never } from '../../contract/tracking-store.js';

const QUICK = { pause: 1 };
const CUT = Object.assign(new Error('cut'), { code: 'ECONNRESET' });

/** A body of some chunks, which then ends, breaks or is silent. */
function body(chunks: readonly Uint8Array[], end: 'ends' | 'breaks' | 'is silent'): Readable {
  const rest = [...chunks];
  return new Readable({
    read() {
      const next = rest.shift();
      if (next !== undefined) this.push(next);
      else if (end === 'ends') this.push(null);
      else if (end === 'breaks') this.destroy(CUT);
    },
  });
}

async function text(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await collect(chunks)).toString();
}

describe('a download', () => {
  test('gives what is there, however it is cut and whether or not the store keeps to ranges', async () => {
    const cuts = fc.array(fc.record({ length: fc.nat(40), keepsToRange: fc.boolean() }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), cuts, async (bytes, attempts) => {
        const rest = [...attempts];
        const open = async (from: number): Promise<ObjectPart> => {
          const attempt = rest.shift();
          const start = attempt?.keepsToRange === false ? 0 : from;
          // each attempt but the last gets a little further, so that none is given up
          const until = attempt === undefined ? bytes.length : Math.min(bytes.length, from + 1 + attempt.length);
          const chunks = [bytes.subarray(start, from), bytes.subarray(from, until)].filter(({ length }) => length > 0);
          const end = attempt === undefined ? 'ends' : 'breaks';
          return { start, total: bytes.length, version: 'v', body: body(chunks, end) };
        };
        const read = Buffer.concat(await collect(objectDownload(open, never(), QUICK)));
        expect([...read]).toEqual([...bytes]);
      }),
    );
  });

  test('that ends too early is taken up', async () => {
    const asked: unknown[] = [];
    const open = async (from: number, version: string | undefined): Promise<ObjectPart> => {
      asked.push([from, version]);
      const chunk = Buffer.from('abcdef').subarray(from, from + 4);
      return { start: from, total: 6, version: 'v', body: body([chunk], 'ends') };
    };
    expect(await text(objectDownload(open, never(), QUICK))).toBe('abcdef');
    expect(asked).toEqual([
      [0, undefined],
      [4, 'v'],
    ]);
  });

  test('tells of each attempt that is followed by another', async () => {
    const told: unknown[] = [];
    const open = async (): Promise<ObjectPart> => {
      if (told.length < 2) throw CUT;
      return { start: 0, total: 2, body: body([Buffer.from('ab')], 'ends') };
    };
    expect(await text(objectDownload(open, never(), { ...QUICK, told: (failed) => told.push(failed) }))).toBe('ab');
    const wait = expect.any(Number);
    expect(told).toEqual([
      { cause: CUT, attempt: 2, attempts: 5, wait },
      { cause: CUT, attempt: 3, attempts: 5, wait },
    ]);
  });

  test('that falls silent is taken up', async () => {
    const bodies = [body([Buffer.from('ab')], 'is silent'), body([Buffer.from('cd')], 'ends')];
    const open = async (start: number): Promise<ObjectPart> => ({
      start,
      total: 4,
      body: bodies[start === 0 ? 0 : 1]!,
    });
    expect(await text(objectDownload(open, never(), { ...QUICK, idle: 50 }))).toBe('abcd');
    expect(bodies[0]!.destroyed).toBe(true);
  });

  test('that is given up closes its connection', async () => {
    const stream = body([Buffer.from('ab')], 'is silent');
    const reading = objectDownload(async () => ({ start: 0, body: stream }), never());
    await reading.next();
    await reading.return();
    expect(stream.destroyed).toBe(true);
  });

  test('that is aborted rejects with the reason, also while it waits for another attempt', async () => {
    const stop = new AbortController();
    let attempts = 0;
    const open = async (): Promise<ObjectPart> => {
      attempts += 1;
      setImmediate(() => stop.abort('enough'));
      throw CUT;
    };
    await expect(text(objectDownload(open, stop.signal))).rejects.toBe('enough');
    expect(attempts).toBe(1);
  });
});
