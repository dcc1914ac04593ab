import { describe, expect, test } from '@jest/globals';
import { parse as parseDelimited } from 'csv-parse/sync';
import fc from 'fast-check';
import { BATCH_POINTS, PointBuffer } from '../../../src/mlflow/common/point-buffer.js';
import { DatasetFields } from '../../../src/mlflow/file/dataset-fields.js';
import { type LinePoint, pythonFloat, readMetricLine } from '../../../src/mlflow/file/metric-line.js';
import { MetricLines } from '../../../src/mlflow/file/metric-lines.js';
import { metricLine, pythonFloatText, type TestPoint } from '../../support/file-store-builder.js';

function parse(text: string): { points: TestPoint[]; skipped: [number, string][] } {
  const columns = new PointBuffer();
  const skipped: [number, string][] = [];
  const lines = new MetricLines(columns, (line, fault) => skipped.push([line, fault]));
  const bytes = Buffer.from(text, 'utf8');
  const points: TestPoint[] = [];
  for (let at = 0; at < bytes.length; ) {
    at = lines.parse(bytes, at, bytes.length);
    for (const { steps, values, timestamps, dataset } of columns.take()) {
      steps.forEach((step, i) => {
        points.push({ step, value: values[i]!, timestamp: timestamps[i]!, ...(dataset && { dataset }) });
      });
    }
  }
  return { points, skipped };
}

/** By everything but the order in which they came. */
function sorted(points: readonly TestPoint[]): TestPoint[] {
  const text = ({ dataset, step, timestamp, value }: TestPoint) =>
    `${JSON.stringify(dataset)} ${step} ${timestamp} ${pythonFloatText(value)}`;
  return points.toSorted((a, b) => (text(a) < text(b) ? -1 : 1));
}

/** The point that a line holds, with the dataset that the text behind its step names. */
function pointOf({ rest, ...point }: LinePoint): TestPoint {
  const dataset = new DatasetFields().read(rest);
  return { ...point, ...(dataset && { dataset }) };
}

const double = fc.oneof(
  fc.double(),
  fc.double({ min: -1, max: 1 }),
  fc.integer().map((n) => n / 8),
  fc.integer({ min: -1000, max: 1000 }),
  fc.constantFrom(
    Number.NaN,
    Infinity,
    -Infinity,
    -0,
    5e-324,
    2 ** 53,
    2 ** 53 + 2,
    1e22,
    1e23,
    Number.MAX_VALUE,
    0.1 + 0.2,
  ),
);
const point: fc.Arbitrary<TestPoint> = fc.record({
  timestamp: fc.oneof(fc.nat(), fc.maxSafeNat()),
  value: double,
  step: fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.integer().map(BigInt),
    fc.maxSafeInteger().map(BigInt),
  ),
});

describe('lines as MLflow writes them', () => {
  test('every point comes back bit for bit', () => {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 30 }), fc.constantFrom('\n', '\r\n'), (points, newline) => {
        const text = points.map((p) => metricLine(p).replace('\n', newline)).join('');
        expect(parse(text)).toEqual({ points, skipped: [] });
      }),
      { numRuns: 500 },
    );
  });

  test('a reader of delimited text that knows nothing of MLflow finds the same fields', () => {
    const rest = fc.constantFrom('', ' train d1gest', ' train set ü d1gest', ' 0a1b2c', ' "quoted" ,;');
    fc.assert(
      fc.property(fc.array(fc.tuple(point, rest), { maxLength: 30 }), fc.boolean(), (all, ancient) => {
        const text = all
          .map(([p, more]) => metricLine(p, ancient).replace('\n', ancient ? '\n' : `${more}\n`))
          .join('');
        const records: string[][] = parseDelimited(text, { delimiter: ' ', quote: false, relax_column_count: true });
        // the points of one dataset come together
        expect(sorted(parse(text).points)).toEqual(
          sorted(
            records.map(([timestamp, value, step = '0', ...more]) => ({
              timestamp: Number(timestamp),
              value: pythonFloat(value!)!,
              step: BigInt(step),
              ...(more.length > 1 && { dataset: { name: more.slice(0, -1).join(' '), digest: more.at(-1)! } }),
            })),
          ),
        );
      }),
      { numRuns: 300 },
    );
  });

  test('any decimal literal is rounded as JavaScript rounds it', () => {
    const literal = fc
      .tuple(
        fc.constantFrom('', '-'),
        fc.stringMatching(/^\d{1,25}$/),
        fc.stringMatching(/^(\.\d{0,25})?$/),
        fc.stringMatching(/^([eE][+-]?\d{1,3})?$/),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(literal, (text) => {
        expect(parse(`1 ${text} 2\n`).points).toEqual([{ timestamp: 1, value: Number(text), step: 2n }]);
      }),
      { numRuns: 1500 },
    );
  });

  test.each([
    ['two columns: no step', '1700000000000 0.5\n', 0n],
    ['three columns', '1700000000000 0.5 7\n', 7n],
    ['four columns: no name of a dataset', '1700000000000 0.5 7 abc\n', 7n],
    ['two columns and Windows newlines', '1700000000000 0.5\r\n', 0n],
    ['white space around', ' 1700000000000 0.5 7 \n', 7n],
    ['a step as a whole float', '1700000000000 0.5 7.0\n', 7n],
    ['a negative step', '1700000000000 0.5 -7\n', -7n],
    ['a large step', '1700000000000 0.5 9007199254740993\n', 9007199254740993n],
    ['a large step as a float', '1700000000000 0.5 1e+16\n', 10n ** 16n],
    ['the largest step', '1700000000000 0.5 9223372036854775807\n', 2n ** 63n - 1n],
    ['the smallest step', '1700000000000 0.5 -9223372036854775808\n', -(2n ** 63n)],
    ['a step around 2^32', '1700000000000 0.5 4294967296\n', 2n ** 32n],
    ['a negative step below -2^32', '1700000000000 0.5 -4294967297\n', -(2n ** 32n) - 1n],
  ])('%s', (_, line, step) => {
    expect(parse(line)).toEqual({ points: [{ timestamp: 1700000000000, value: 0.5, step }], skipped: [] });
  });

  test.each([
    ['a dataset', '1 0.5 7 train d1gest\n', 'train', 'd1gest'],
    ['a name with spaces', '1 0.5 7 train set ü d1gest\n', 'train set ü', 'd1gest'],
    ['Windows newlines', '1 0.5 7 train abc\r\n', 'train', 'abc'],
    ['an empty name', '1 0.5 7  abc\n', '', 'abc'],
    ['a large step', '1 0.5 9007199254740993 train set abc\n', 'train set', 'abc'],
  ])('five columns and more, with %s', (_, line, name, digest) => {
    expect(parse(line)).toMatchObject({
      points: [{ timestamp: 1, value: 0.5, dataset: { name, digest } }],
      skipped: [],
    });
  });

  test('more datasets than a metric may name are refused', () => {
    const text = Array.from({ length: 1001 }, (_, i) => `1 0.5 ${i} set-${i} abc\n`).join('');
    expect(() => parse(text)).toThrow('more than 1000 datasets');
  });

  test.each([
    ['0', 0],
    ['-5', -5],
    ['1700000000000.5', 1700000000000.5],
    ['1e3', 1000],
  ])('the time %s is taken as it is', (text, timestamp) => {
    expect(parse(`${text} 1.0 0\n`).points).toEqual([{ timestamp, value: 1, step: 0n }]);
  });
});

describe('lines that hold no point', () => {
  test.each([
    ['1', 'it holds "1" instead of a time, a value and a step'],
    ['1 abc 2', 'its value "abc" is not a number'],
    ['1 True 2', 'its value "True" is not a number'],
    ['1  0.5 2', 'its value "" is not a number'],
    ['1 0x10 2', 'its value "0x10" is not a number'],
    ['1 1e 2', 'its value "1e" is not a number'],
    ['1 . 2', 'its value "." is not a number'],
    ['x 0.5 2', 'its time "x" is not a number'],
    ['nan 0.5 2', 'its time "nan" is not a number'],
    ['1 0.5 1.5', 'its step "1.5" is not an integer'],
    ['1 0.5 nan', 'its step "nan" is not an integer'],
    ['1 0.5 x', 'its step "x" is not an integer'],
    ['1 0.5 9223372036854775808', 'its step "9223372036854775808" does not fit into 64 bits'],
    ['1 0.5 1e+20', 'its step "1e+20" does not fit into 64 bits'],
    ['größe 1 2', 'its time "größe" is not a number'],
  ])('%j is skipped', (line, fault) => {
    const { points, skipped } = parse(`1 1.0 0\n${line}\n2 2.0 1\n`);
    expect(points.map(({ value }) => value)).toEqual([1, 2]);
    expect(skipped).toEqual([[2, fault]]);
  });

  test('blank lines are no loss, but count as lines', () => {
    expect(parse('\n1 1.0 0\n\n  \r\nx\n')).toMatchObject({
      points: [{ value: 1 }],
      skipped: [[5, expect.any(String)]],
    });
  });

  test('junk never hides the good lines around it, and is named by its line', () => {
    const junk = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9 .e+-]{0,12}$/));
    fc.assert(
      fc.property(fc.array(fc.oneof(point, junk), { maxLength: 20 }), (items) => {
        const texts = items.map((item) =>
          typeof item === 'string' ? item.replaceAll('\n', ' ') : metricLine(item).slice(0, -1),
        );
        const expected: TestPoint[] = [];
        const faulty: number[] = [];
        texts.forEach((text, index) => {
          const outcome = readMetricLine(Buffer.from(text).toString('latin1'));
          if (outcome === undefined) return;
          if ('fault' in outcome) faulty.push(index + 1);
          else expected.push(pointOf(outcome));
        });
        const { points, skipped } = parse(texts.map((text) => `${text}\n`).join(''));
        expect(sorted(points)).toEqual(sorted(expected));
        expect(skipped.map(([line]) => line)).toEqual(faulty);
      }),
      { numRuns: 1000 },
    );
  });
});

/** How many points are taken from the buffer. */
function taken(columns: PointBuffer): number {
  return [...columns.take()].reduce((sum, { steps }) => sum + steps.length, 0);
}

test('the columns never hold more than a batch, and the next call goes on', () => {
  const text = Array.from({ length: BATCH_POINTS + 10 }, (_, step) => `1 0.5 ${step}\n`).join('');
  const bytes = Buffer.from(text);
  const columns = new PointBuffer();
  const lines = new MetricLines(columns, () => undefined);
  const next = lines.parse(bytes, 0, bytes.length);
  expect(taken(columns)).toBe(BATCH_POINTS);
  expect(lines.parse(bytes, next, bytes.length)).toBe(bytes.length);
  expect(taken(columns)).toBe(10);
});

describe('pythonFloat', () => {
  test.each([
    ['nan', Number.NaN],
    ['-NaN', Number.NaN],
    ['inf', Infinity],
    ['+Infinity', Infinity],
    ['-INF', -Infinity],
    ['-0.0', -0],
    ['1.', 1],
    ['.5', 0.5],
    ['+1e+22', 1e22],
    ['1_000.5', 1000.5],
    ['1e400', Infinity],
  ])('%s', (text, value) => {
    expect(pythonFloat(text)).toBe(value);
  });

  test.each(['', ' ', '0x10', '1__0', '_1', '1_', 'e5', '.', 'infinite', '1e', '--1', '0b1', 'None', '١'])(
    '%j is none',
    (text) => {
      expect(pythonFloat(text)).toBeUndefined();
    },
  );
});

test.each([
  [1e16, '1e+16'],
  [123456789012345680, '1.2345678901234568e+17'],
  [1e-5, '1e-05'],
  [0.0001, '0.0001'],
  [3, '3.0'],
  [9999999999999998, '9999999999999998.0'],
  [-0, '-0.0'],
  [5e-324, '5e-324'],
])('the tests write %d as Python does', (value, text) => {
  expect(pythonFloatText(value)).toBe(text);
});
