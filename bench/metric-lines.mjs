// @ts-check
/** The lines of a metric file: this tool's reader beside csv-parse, which only splits them. */
import { parse } from 'csv-parse/sync';
import { PointBuffer } from '../dist/mlflow/common/point-buffer.js';
import { MetricLines } from '../dist/mlflow/file/metric-lines.js';
import { Random } from './random.mjs';

const LINES = 500_000;
const REPETITIONS = 5;

const random = new Random(1);
let text = '';
for (let step = 0; step < LINES; step++) text += `${1_700_000_000_000 + 250 * step} ${random.fraction()} ${step}\n`;
const bytes = Buffer.from(text);

/** To columns of numbers, as the pipeline takes them. */
function ours() {
  const columns = new PointBuffer();
  const lines = new MetricLines(columns, () => {});
  let points = 0;
  for (let at = 0; at < bytes.length; ) {
    at = lines.parse(bytes, at, bytes.length);
    points += columns.take().steps.length;
  }
  return points;
}

/** To an array of three texts for each line. */
const theirs = () => parse(bytes, { delimiter: ' ', quote: false, relax_column_count: true }).length;

/** @type {Record<string, number[]>} */
const seconds = { 'this tool, to numbers': [], 'csv-parse, to texts': [] };
for (let repetition = 0; repetition < REPETITIONS; repetition++) {
  for (const [name, read] of /** @type {[string, () => number][]} */ ([
    ['this tool, to numbers', ours],
    ['csv-parse, to texts', theirs],
  ])) {
    const start = performance.now();
    if (read() !== LINES) throw new Error(`${name}: lines were lost.`);
    seconds[name]?.push((performance.now() - start) / 1000);
  }
}
for (const [name, taken] of Object.entries(seconds)) {
  const median = taken.sort((a, b) => a - b)[Math.floor(REPETITIONS / 2)] ?? Number.NaN;
  console.log(`${name}: ${(LINES / median / 1e6).toFixed(2)} million lines a second`);
}
