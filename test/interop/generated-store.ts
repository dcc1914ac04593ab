import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';

/** One point as MLflow has it; `timestamp` in milliseconds. */
export interface GeneratedPoint {
  readonly step: bigint;
  readonly value: number;
  readonly timestamp: number;
}

export interface GeneratedRun {
  readonly id: string;
  readonly params: ReadonlyMap<string, string>;
  readonly metrics: ReadonlyMap<string, readonly GeneratedPoint[]>;
}

const EXPERIMENT = '7';
/** Of all runs; milliseconds. */
export const START = 1_700_000_000_000;

const steps = fc.oneof(
  { weight: 5, arbitrary: fc.bigInt({ min: 0n, max: 12n }) },
  { weight: 2, arbitrary: fc.bigInt({ min: -5n, max: 5n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(2n ** 53n, 2n ** 53n + 1n, 2n ** 61n - 1n, 2n ** 61n, -(2n ** 63n), 2n ** 63n - 1n),
  },
);
const values = fc.oneof(
  fc.double(),
  fc.constantFrom(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    -0,
    0,
    5e-324,
    -5e-324,
    1e22,
    2 ** 53,
  ),
  fc.double({ min: -1e-307, max: 1e-307 }),
);
const timestamps = fc.oneof(fc.constant(0), fc.nat(), fc.integer({ min: START, max: START + 1e9 }), fc.maxSafeNat());
const point: fc.Arbitrary<GeneratedPoint> = fc.record({ step: steps, value: values, timestamp: timestamps });

/** A name that a file may have; a file store keeps a key as a path. */
const segment = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .map((text) => text.replace(/[/\0]/g, '_'))
  .filter((text) => !['.', '..', ''].includes(text) && Buffer.byteLength(text) < 200);
const key = fc.array(segment, { minLength: 1, maxLength: 3 });

/** Keys with a number in front: none is then the directory of another, nor Aim's name of a system metric. */
function keyed<T>(value: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<Map<string, T>> {
  return fc
    .array(fc.tuple(key, value), { maxLength })
    .map((pairs) => new Map(pairs.map(([parts, item], index) => [`${index} ${parts.join('/')}`, item])));
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 40 }).filter((some) => !/\p{Surrogate}/u.test(some)),
  fc.string({ unit: 'grapheme', minLength: 500, maxLength: 6000 }),
  fc.double().map((value) => pythonFloat(value)),
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String),
  fc.json(),
  fc.constantFrom(
    'True',
    'False',
    'None',
    '[]',
    '{}',
    '()',
    "'a'",
    '(1, 2.5)',
    "{'a': [None, True]}",
    '1e400',
    '0x1f',
    '1_0',
    '007',
  ),
);

/** A run of everything that a file store can hold. Ids are given by {@link writeGeneratedStore}. */
export const generatedRun: fc.Arbitrary<Omit<GeneratedRun, 'id'>> = fc.record({
  params: keyed(text, 6),
  metrics: keyed(fc.array(point, { minLength: 1, maxLength: 30 }), 5),
});

/** Writes a file store as MLflow would. */
export async function writeGeneratedStore(store: string, runs: readonly GeneratedRun[]): Promise<void> {
  const experiment = join(store, EXPERIMENT);
  const meta = `artifact_location: ${experiment}\nexperiment_id: '${EXPERIMENT}'\nlifecycle_stage: active\nname: generated\n`;
  await write(join(experiment, 'meta.yaml'), meta);
  for (const run of runs) await writeRun(join(experiment, run.id), run);
}

async function writeRun(directory: string, run: GeneratedRun): Promise<void> {
  const fields = [
    `artifact_uri: ${directory}/artifacts`,
    `end_time: ${START + 1000}`,
    `experiment_id: '${EXPERIMENT}'`,
    'lifecycle_stage: active',
    `run_id: ${run.id}`,
    `run_name: generated`,
    `start_time: ${START}`,
    'status: 3',
    'user_id: ada',
  ];
  await write(join(directory, 'meta.yaml'), `${fields.join('\n')}\n`);
  for (const [name, value] of run.params) await write(join(directory, 'params', name), value);
  for (const [name, points] of run.metrics) {
    const lines = points.map(({ timestamp, value, step }) => `${timestamp} ${pythonFloat(value)} ${step}\n`);
    await write(join(directory, 'metrics', name), lines.join(''));
  }
}

async function write(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

/** A float as Python's `str` writes it, which is how MLflow writes a metric's value. */
function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  if (Number.isInteger(value) && Math.abs(value) < 1e16) return `${value}.0`;
  return String(value);
}
