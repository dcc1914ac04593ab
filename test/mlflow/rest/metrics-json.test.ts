import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseMetrics } from '../../../src/mlflow/rest/metrics-json.js';
import { streamMetrics } from '../../../src/mlflow/rest/metrics-stream.js';
import type { PointBatch } from '../../../src/model.js';

interface KeyedPoint {
  readonly timestamp: number;
  readonly value: number;
  readonly step: bigint;
  readonly run: string;
  readonly key: string;
}

const point = fc.record<KeyedPoint>({
  timestamp: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  value: fc.double(),
  step: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  run: fc.constantFrom('a', 'b', 'rün "1"\\'),
  key: fc.string({ unit: 'grapheme' }),
});

/** As MLflow writes them: pretty or not, NaN quoted or bare, numbers quoted or bare, members in any order. */
const style = fc.record({
  bareWords: fc.boolean(),
  quoted: fc.boolean(),
  escaped: fc.boolean(),
  turned: fc.boolean(),
  space: fc.constantFrom('', ' ', '\n    '),
});

function written(
  points: readonly KeyedPoint[],
  { bareWords, quoted, escaped, turned, space }: Style,
  token = '',
): string {
  const quote = (text: string): string => (quoted ? `"${text}"` : text);
  const string = (text: string): string => {
    const json = JSON.stringify(text);
    return escaped
      ? json.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
      : json;
  };
  const number = (value: number): string => {
    if (Number.isFinite(value)) return quote(Object.is(value, -0) ? '-0.0' : String(value));
    return bareWords ? String(value) : `"${value}"`;
  };
  const items = points.map(({ timestamp, value, step, run, key }) => {
    const members = [
      `"key":${space}${string(key)}`,
      `"value":${space}${number(value)}`,
      `"timestamp":${space}${quote(String(timestamp))}`,
      `"step":${space}${quote(String(step))}`,
      `"more":${space}{"list": [1, "x", {"a": null}], "t": true}`,
      `"run_id":${space}${string(run)}`,
    ];
    return `{${space}${(turned ? members.reverse() : members).join(`,${space}`)}${space}}`;
  });
  const next = token === '' ? '' : `,"next_page_token":${string(token)}`;
  return `{${space}"metrics":${space}[${items.join(`,${space}`)}]${next}${space}}${space}`;
}

type Style = typeof style extends fc.Arbitrary<infer T> ? T : never;

const columns = (batches: Iterable<PointBatch>): [number, number, bigint][] =>
  [...batches].flatMap(({ timestamps, values, steps }) =>
    [...steps].map((step, at): [number, number, bigint] => [timestamps[at]!, values[at]!, step]),
  );

describe('answers with points', () => {
  test('are read exactly, however they are written', () => {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 30 }), style, fc.string(), (points, how, token) => {
        const page = parseMetrics(Buffer.from(written(points, how, token)));
        expect(columns(page.points.batches())).toEqual(
          points.map(({ timestamp, value, step }) => [timestamp, value, step]),
        );
        const runs = page.runs.flatMap(({ runId, from, to }) => Array.from({ length: to - from }, () => runId));
        expect(runs).toEqual(points.map(({ run }) => run));
        expect(page.nextPageToken ?? '').toBe(token);
      }),
    );
  });

  test('that are cut anywhere are no answers', () => {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 3 }), style, fc.nat(), (points, how, at) => {
        const whole = Buffer.from(written(points, how).trimEnd());
        expect(() => parseMetrics(whole.subarray(0, at % whole.length))).toThrow(SyntaxError);
      }),
    );
  });

  test('an empty answer has no points, and a number that is not there is 0', () => {
    expect(parseMetrics(Buffer.from('{}')).points.length).toBe(0);
    expect(columns(parseMetrics(Buffer.from('{"metrics":[{"key":"a"}]}')).points.batches())).toEqual([[0, 0, 0n]]);
  });

  test.each([
    '',
    '[]',
    '{"metrics":{}}',
    '{"metrics":[{"value":x}]}',
    '{"metrics":[{"step":1.5}]}',
    '{} {}',
    '{"metrics":[1]}',
  ])('%j is none', (text) => expect(() => parseMetrics(Buffer.from(text))).toThrow(SyntaxError));

  test('whole histories are read the same way as their bytes come', async () => {
    const run = fc.asyncProperty(
      fc.array(point, { maxLength: 20 }),
      fc.integer({ min: 1, max: 50 }),
      async (points, size) => {
        const bytes = Buffer.from(
          written(points, { bareWords: false, quoted: false, escaped: true, turned: false, space: ' ' }),
        );
        const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
          bytes.subarray(at * size, (at + 1) * size),
        );
        const batches: PointBatch[] = [];
        for await (const batch of streamMetrics(Readable.from(parts))) batches.push(batch);
        expect(columns(batches)).toEqual(points.map(({ timestamp, value, step }) => [timestamp, value, step]));
      },
    );
    await fc.assert(run, { numRuns: 50 });
  });

  test('a whole history that is cut is an error', async () => {
    const read = async (): Promise<void> => {
      for await (const _ of streamMetrics(
        Readable.from([Buffer.from('{"metrics": [{"value": 1, "step": 1}, {"value"')]),
      ));
    };
    await expect(read()).rejects.toThrow();
  });
});
