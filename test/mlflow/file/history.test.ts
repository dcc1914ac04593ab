import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BATCH_POINTS } from '../../../src/mlflow/common/point-buffer.js';
import { readHistory } from '../../../src/mlflow/file/history.js';
import type { Notice, PointBatch, StageContext } from '../../../src/model.js';
import { collect, listening, silent } from '../../contract/tracking-store.js';
import { FileStoreBuilder, metricLine, type TestPoint } from '../../support/file-store-builder.js';

const MIB = 1024 * 1024;
const LINE_BYTES = 50;

let builder: FileStoreBuilder;
let path: string;
beforeAll(() => {
  builder = new FileStoreBuilder();
  path = join(builder.parent, 'metric');
});
afterAll(() => builder.remove());

function read(context: StageContext, runHasEnded = true): AsyncGenerator<PointBatch, void, void> {
  return readHistory({ key: 'loss', path, runHasEnded: async () => runHasEnded }, context);
}

async function points(
  text: string | Uint8Array,
  runHasEnded = true,
): Promise<{ points: TestPoint[]; notices: Notice[] }> {
  writeFileSync(path, text);
  const notices: Notice[] = [];
  return { points: pointsOf(await collect(read(listening(notices), runHasEnded))), notices };
}

function pointsOf(batches: readonly PointBatch[]): TestPoint[] {
  return batches.flatMap(({ steps, values, timestamps }) =>
    Array.from(steps, (step, at) => ({ step, value: values[at]!, timestamp: timestamps[at]! })),
  );
}

/** A line of exactly {@link LINE_BYTES} bytes whose value tells its step. */
function paddedLine(step: number): string {
  return `${`1700000000000 ${step}.5 ${step} `.padEnd(LINE_BYTES - 1, 'x')}\n`;
}

function writeLongFile(bytes: number): number {
  writeFileSync(path, '');
  const lines = Math.floor(bytes / LINE_BYTES);
  const piece = 20_000;
  for (let first = 0; first < lines; first += piece) {
    const count = Math.min(piece, lines - first);
    appendFileSync(path, Array.from({ length: count }, (_, at) => paddedLine(first + at)).join(''));
  }
  return lines;
}

describe('the unterminated end of a file', () => {
  const file = '1 0.1234 0\n2 -15.75 1\n3 1e-05 12\n';
  const whole: TestPoint[] = [
    { timestamp: 1, value: 0.1234, step: 0n },
    { timestamp: 2, value: -15.75, step: 1n },
    { timestamp: 3, value: 1e-5, step: 12n },
  ];

  test('cut at any byte, a run that goes on gives whole points only', async () => {
    for (let length = 0; length <= file.length; length++) {
      const seen = await points(file.slice(0, length), false);
      const complete = file.slice(0, length).split('\n').length - 1;
      expect(seen).toEqual({ points: whole.slice(0, complete), notices: [] });
    }
  });

  test('the last line of a run that has ended counts without its newline', async () => {
    expect(await points(file.slice(0, -1))).toEqual({ points: whole, notices: [] });
    expect(await points('1 0.5')).toEqual({ points: [{ timestamp: 1, value: 0.5, step: 0n }], notices: [] });
  });

  test('of a run that has ended, a last line that is no point is reported', async () => {
    const { points: seen, notices } = await points('1 0.5 0\n1 ');
    expect(seen).toHaveLength(1);
    expect(notices).toEqual([
      { kind: 'line-skipped', metric: 'loss', file: path, line: 2, reason: expect.stringContaining('"1"') },
    ]);
  });

  test('a line that is completed while the run ends is read whole', async () => {
    writeFileSync(path, '1 0.5 0\n2 0.12');
    const runHasEnded = async (): Promise<boolean> => {
      appendFileSync(path, '34 1\n3 1.0 2\n');
      return true;
    };
    const batches = await collect(readHistory({ key: 'loss', path, runHasEnded }, silent()));
    expect(pointsOf(batches).map(({ value }) => value)).toEqual([0.5, 0.1234, 1]);
  });

  test('nobody asks for the run when the file ends well', async () => {
    writeFileSync(path, file);
    const runHasEnded = (): Promise<boolean> => Promise.reject(new Error('asked'));
    expect(pointsOf(await collect(readHistory({ key: 'loss', path, runHasEnded }, silent())))).toEqual(whole);
  });
});

test('an empty file has no points', async () => {
  expect(await points('')).toEqual({ points: [], notices: [] });
});

test('files of every size around the buffers are read whole, with or without a last newline', async () => {
  const sizes = [64 * 1024, MIB, 2 * MIB].flatMap((size) =>
    [-LINE_BYTES, -1, 0, 1, LINE_BYTES].map((delta) => size + delta),
  );
  for (const size of sizes) {
    const lines = writeLongFile(size);
    const rest = size - lines * LINE_BYTES;
    appendFileSync(path, paddedLine(lines).slice(0, rest));
    const batches = await collect(read(silent(), false));
    expect(batches.every(({ steps }) => steps.length > 0 && steps.length <= BATCH_POINTS)).toBe(true);
    const steps = batches.flatMap((batch) => [...batch.steps]);
    expect(steps).toHaveLength(lines);
    expect(steps.every((step, at) => step === BigInt(at))).toBe(true);
  }
});

test('lines of any length come out the same whatever chunks they fall into', async () => {
  const line = fc.tuple(fc.nat(), fc.double(), fc.maxSafeInteger(), fc.nat({ max: 3000 }));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 5 }), async (rows) => {
      const expected = rows.map(([timestamp, value, step]) => ({ timestamp, value, step: BigInt(step) }));
      const once = rows
        .map(([, , , padding], at) => `${metricLine(expected[at]!).slice(0, -1)} ${'n'.repeat(padding)}d\n`)
        .join('');
      const times = Math.ceil((1.2 * MIB) / once.length);
      const seen = await points(once.repeat(times));
      expect(seen.notices).toEqual([]);
      expect(seen.points).toHaveLength(expected.length * times);
      expect(seen.points.every((point, at) => samePoint(point, expected[at % expected.length]!))).toBe(true);
    }),
    { numRuns: 10 },
  );
});

function samePoint(a: TestPoint, b: TestPoint): boolean {
  return a.timestamp === b.timestamp && Object.is(a.value, b.value) && a.step === b.step;
}

describe('a long file', () => {
  test('is read no further than its consumer has come', async () => {
    const lines = writeLongFile(50 * MIB);
    const reading = read(silent());
    const first = await reading.next();
    expect(first.value?.steps.length).toBe(BATCH_POINTS);

    // What has not been read yet is taken away: had more than a few chunks been read ahead, their points would still come.
    truncateSync(path, 4 * MIB);
    const rest = await collect(reading);
    const total = BATCH_POINTS + rest.reduce((sum, { steps }) => sum + steps.length, 0);
    expect(total).toBeLessThanOrEqual((4 * MIB) / LINE_BYTES + 1);
    expect(total).toBeLessThan(lines);
  });

  test('stops in the middle when aborted', async () => {
    writeLongFile(8 * MIB);
    const controller = new AbortController();
    const reason = new Error('enough');
    const reading = read({ signal: controller.signal, notice: () => undefined });
    await reading.next();
    const next = reading.next();
    controller.abort(reason);
    await expect(next.then(() => reading.next())).rejects.toBe(reason);
    expect(await reading.next()).toEqual({ done: true, value: undefined });
  });
});

describe('what is no metric file', () => {
  test('a line longer than a chunk is skipped, and the lines around it are read', async () => {
    const { points: seen, notices } = await points(`1 1.0 0\n${'x'.repeat(2.5 * MIB)}\n2 2.0 1\ny\n`);
    expect(seen.map(({ value }) => value)).toEqual([1, 2]);
    expect(notices).toMatchObject([
      { kind: 'line-skipped', line: 2, reason: 'it is longer than any line of MLflow' },
      { kind: 'line-skipped', line: 4 },
    ]);
  });

  test('a file without any newline is one notice, not memory', async () => {
    const { points: seen, notices } = await points(Buffer.alloc(3 * MIB));
    expect(seen).toEqual([]);
    expect(notices).toMatchObject([{ kind: 'line-skipped', line: 1 }]);
  });

  test('after a thousand bad lines the rest is summed up', async () => {
    const { notices } = await points('x\n'.repeat(5000));
    expect(notices).toHaveLength(1001);
    expect(notices.at(-1)).toMatchObject({ line: 5000, reason: 'it and 3999 lines before it hold no point either' });
  });

  test('a missing file and a directory are notices', async () => {
    for (const wrong of [join(builder.parent, 'missing'), builder.parent]) {
      const notices: Notice[] = [];
      const file = { key: 'a/b', path: wrong, runHasEnded: async () => true };
      expect(await collect(readHistory(file, listening(notices)))).toEqual([]);
      expect(notices).toMatchObject([{ kind: 'field-unreadable', field: 'metrics/a/b', file: wrong }]);
    }
  });

  test('an aborted signal is noticed before the second batch of a small file', async () => {
    writeFileSync(path, '1 1.0 0\n'.repeat(BATCH_POINTS - 1000));
    const controller = new AbortController();
    const reading = read({ signal: controller.signal, notice: () => undefined });
    await reading.next();
    controller.abort(new Error('enough'));
    await expect(reading.next()).rejects.toThrow('enough');
  });
});
