import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { installLibraryProject } from '../support/library-project.js';
import { type RunRecord, readAim } from './compare.js';
import { scratch, start } from './harness.js';

interface Point {
  readonly step: string;
  readonly value: string;
  readonly time: string;
}

/** As read_aim.py writes a double. */
function bits(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('hex');
}

/** The points that the example promises of each metric of a file: the first, third, fifth … of those that have a value. */
function promised(file: string): Record<string, Point[]> {
  const [header = '', ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  const rows = lines.map((line) => line.split(','));
  const points = (column: number) =>
    rows
      .filter((row) => row[column] !== '')
      .filter((_, i) => i % 2 === 0)
      .map((row) => ({
        step: row[1]!,
        value: bits(Number(row[column])),
        time: bits(Date.parse(row[0]!) / 1000),
      }));
  const columns = header.split(',');
  return Object.fromEntries(columns.slice(2).map((name, i) => [`${name} {}`, points(i + 2)]));
}

function readPoints(run: RunRecord): Record<string, Point[]> {
  const metrics = run.metrics as Record<string, { steps: string[]; values: string[]; times: string[] }>;
  const points = Object.entries(metrics).map(([name, { steps, values, times }]) => [
    name,
    steps.map((step, i) => ({ step, value: values[i]!, time: times[i]! })),
  ]);
  return Object.fromEntries(points);
}

test("Aim opens what the library's example makes of CSV files: every other point of every metric", async () => {
  const project = join(await scratch(), 'example');
  installLibraryProject(project);
  const { child, finished } = start(process.execPath, ['dist/main.js', 'data', 'aim'], { cwd: project });
  child.stdin?.end();
  expect(await finished).toMatchObject({ code: 0, stderr: '' });

  const { runs, indexProblems } = await readAim(join(project, 'aim'));
  expect(indexProblems).toEqual([]);
  const data = join(project, 'data');
  const files = readdirSync(data).flatMap((experiment) =>
    readdirSync(join(data, experiment)).map((file) => ({ experiment, name: file.replace('.csv', '') })),
  );
  const found = [...runs.values()].map((run) => [`${run.experiment}/${run.name}`, readPoints(run)]);
  expect(Object.fromEntries(found)).toEqual(
    Object.fromEntries(
      files.map(({ experiment, name }) => [`${experiment}/${name}`, promised(join(data, experiment, `${name}.csv`))]),
    ),
  );
  expect(files).toHaveLength(3);
});
