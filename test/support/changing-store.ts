import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import type { PointDataset } from '../../src/model.js';
import { sampleImage } from '../artifacts/sample-images.js';
import { NOW } from './conversions.js';
import { FileStoreBuilder, metricLine, type RunSpec } from './file-store-builder.js';

const RUN_IDS = ['a', 'b'] as const;
const METRICS = ['loss', 'val/acc', 'val_acc', 'system/cpu_utilization_percentage'] as const;
const DATASETS: readonly PointDataset[] = [
  { name: 'train', digest: 'a' },
  { name: 'test', digest: 'b' },
  { name: 'test', digest: 'c' },
];
/** What `log_image` writes at a step: the image, and its compressed twin. */
const HISTORY = [0, 1, 2].map(
  (step) => `images/eval+step+${step}+timestamp+${NOW}+0f9a6d2c-3b1e-4c5d-8e7f-00000000000${step}` as const,
);
const ARTIFACTS = [
  'a.txt',
  'b.png',
  'c.bin',
  'plots/1.png',
  'plots/2.png',
  'plots/3.png',
  'plots/4.html',
  'plots/5.json',
  'plots/6.csv',
  'train.log',
  ...HISTORY.map((stem) => `${stem}.png` as const),
  ...HISTORY.map((stem) => `${stem}+compressed.webp` as const),
] as const;
/** Shortly before the moment of the conversion: nothing is stale. */
const START = NOW - 3_600_000;

type Step = 'next' | 'same' | 'far' | 'before' | 'zero';

/** A part of which nothing is left counts as one that cannot be read, which is tried elsewhere. */
const LASTING: Pick<RunSpec, 'params' | 'tags' | 'metrics' | 'artifacts'> = {
  params: { lasting: '1' },
  tags: { lasting: '1' },
  metrics: { lasting: [{ timestamp: START, value: 1, step: 0n }] },
  artifacts: { 'lasting.txt': '1' },
};

/** Something that happens to a file store: what MLflow does, and what people do to its files. */
export type Change = { readonly run: (typeof RUN_IDS)[number] } & (
  | {
      readonly type: 'points';
      readonly metric: (typeof METRICS)[number];
      readonly steps: readonly Step[];
      readonly dataset?: PointDataset | undefined;
    }
  | { readonly type: 'torn'; readonly metric: (typeof METRICS)[number] }
  | { readonly type: 'no point'; readonly metric: (typeof METRICS)[number] }
  | { readonly type: 'metric rewritten' | 'metric removed'; readonly metric: (typeof METRICS)[number] }
  | { readonly type: 'param' | 'tag' | 'untag'; readonly name: 'x' | 'y'; readonly value: string }
  | { readonly type: 'rename' | 'note'; readonly value: string }
  | { readonly type: 'end' | 'resume' | 'delete' | 'restore' | 'dataset' | 'model' }
  | { readonly type: 'artifact' | 'no artifact'; readonly name: (typeof ARTIFACTS)[number]; readonly value: string }
);

const run = fc.constantFrom(...RUN_IDS);
const metric = fc.constantFrom(...METRICS);
const dataset = fc.option(fc.constantFrom(...DATASETS), { nil: undefined, freq: 2 });
const value = fc.constantFrom('1', '0.5', 'text', '');
const step = fc.constantFrom<Step>('next', 'next', 'next', 'next', 'next', 'next', 'same', 'far', 'before', 'zero');
/** Most metrics are of one kind: their steps count up, or are all the same. */
const steps = fc.oneof(
  { weight: 4, arbitrary: fc.array(fc.constant<Step>('next'), { minLength: 1, maxLength: 5 }) },
  { weight: 2, arbitrary: fc.array(fc.constantFrom<Step>('next', 'same'), { minLength: 1, maxLength: 5 }) },
  { weight: 2, arbitrary: fc.array(fc.constant<Step>('zero'), { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(step, { minLength: 1, maxLength: 5 }) },
);

export const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ run, type: fc.constant('points' as const), metric, steps, dataset }) },
  { weight: 1, arbitrary: fc.record({ run, type: fc.constant('torn' as const), metric }) },
  { weight: 1, arbitrary: fc.record({ run, type: fc.constant('no point' as const), metric }) },
  {
    weight: 1,
    arbitrary: fc.record({
      run,
      type: fc.constantFrom('metric rewritten' as const, 'metric removed' as const),
      metric,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      run,
      type: fc.constantFrom('param' as const, 'tag' as const, 'untag' as const),
      name: fc.constantFrom('x' as const, 'y' as const),
      value,
    }),
  },
  { weight: 2, arbitrary: fc.record({ run, type: fc.constantFrom('rename' as const, 'note' as const), value }) },
  {
    weight: 3,
    arbitrary: fc.record({
      run,
      type: fc.constantFrom<'end' | 'resume' | 'delete' | 'restore' | 'dataset' | 'model'>(
        'end',
        'resume',
        'resume',
        'delete',
        'restore',
        'dataset',
        'model',
      ),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      run,
      type: fc.constantFrom<'artifact' | 'no artifact'>('artifact', 'artifact', 'artifact', 'artifact', 'no artifact'),
      name: fc.constantFrom(...ARTIFACTS),
      value,
    }),
  },
);

/** A file store of two runs to which things happen. */
export class ChangingStore {
  readonly builder = new FileStoreBuilder();
  private readonly specs = new Map<string, RunSpec>();
  private readonly highest = new Map<string, bigint>();
  private clock = START;
  private count = 0;

  constructor() {
    this.builder.experiment({ id: '1', name: 'mnist' });
    for (const runId of RUN_IDS)
      this.write({ ...LASTING, runId, name: runId, status: 1, startTime: START, endTime: null });
  }

  get root(): string {
    return this.builder.root;
  }

  /** Another run of the id `b`, in another experiment: somebody has copied its directory. */
  addTwin(): void {
    this.builder.experiment({ id: '2', name: 'copies' });
    const spec = { ...LASTING, runId: 'b', name: 'twin', status: 3, startTime: START, endTime: START + 1 };
    this.builder.run('2', spec);
  }

  remove(): void {
    this.builder.remove();
  }

  apply(change: Change): void {
    const { run } = change;
    const place = (...names: string[]) => join(this.root, '1', run, ...names);
    switch (change.type) {
      case 'points': {
        const lines = change.steps.map((step) => this.line(`${run}/${change.metric}`, step, change.dataset));
        append(place('metrics', change.metric), lines.join(''));
        return;
      }
      case 'torn': {
        const file = place('metrics', change.metric);
        if (existsSync(file) && readFileSync(file, 'latin1').at(-1) !== '\n') return;
        const line = this.line(`${run}/${change.metric}`, 'next');
        append(file, line.slice(0, 5 + (this.count % (line.length - 5))));
        return;
      }
      case 'no point':
        append(place('metrics', change.metric), 'this is no point\n');
        return;
      case 'metric rewritten':
        if (!existsSync(place('metrics', change.metric))) return;
        writeFileSync(place('metrics', change.metric), this.line(`${run}/${change.metric}`, 'next').repeat(3));
        return;
      case 'metric removed':
        rmSync(place('metrics', change.metric), { force: true });
        return;
      case 'param':
        writeFileSync(place('params', change.name), change.value);
        return;
      case 'tag':
        writeFileSync(place('tags', change.name), change.value);
        return;
      case 'untag':
        rmSync(place('tags', change.name), { force: true });
        return;
      case 'rename':
        this.alter(run, { name: `name ${change.value}` });
        return;
      case 'note':
        writeFileSync(place('tags', 'mlflow.note.content'), change.value);
        return;
      case 'end':
        this.alter(run, { status: 3, endTime: this.tick() });
        return;
      case 'resume':
        this.alter(run, { status: 1, endTime: null });
        return;
      case 'delete':
        this.alter(run, { lifecycleStage: 'deleted' });
        return;
      case 'restore':
        this.alter(run, { lifecycleStage: 'active' });
        return;
      case 'dataset':
        this.alter(run, { datasets: [{ id: 'd1', name: 'digits', digest: String(this.count++), context: 'train' }] });
        return;
      case 'model':
        this.alter(run, { models: [{ id: `m-${run}`, name: 'net', step: this.count++ }] });
        return;
      case 'artifact': {
        const file = place('artifacts', change.name);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, this.content(change.name, change.value));
        return;
      }
      case 'no artifact':
        rmSync(place('artifacts', change.name), { force: true });
    }
  }

  /** Images that are none and texts that are not UTF-8 among them. */
  private content(name: string, value: string): Uint8Array | string {
    if (/\.(png|webp)$/.test(name) && value !== 'text') return sampleImage(value === '1' ? 'png RGB' : 'png RGBA');
    if (value !== 'text' && value !== '') {
      const figure = `{"data":[{"y":[${this.count++}]}],"layout":{}}`;
      if (name.endsWith('.html')) return `Plotly.newPlot("a",${figure})`.repeat(value === '1' ? 1 : 2);
      if (name.endsWith('.json')) return value === '1' ? figure : `{"columns":["a"],"data":[[${this.count}]]}`;
      if (name.endsWith('.csv')) return value === '1' ? `a,b\n1,${this.count}` : `a ${this.count}`;
    }
    return value === '' ? Uint8Array.of(0xff, this.count++ % 128) : `${value} ${this.count++}`;
  }

  private alter(runId: string, fields: Partial<RunSpec>): void {
    this.write({ ...this.specs.get(runId)!, ...fields });
  }

  private write(spec: RunSpec): void {
    this.specs.set(spec.runId, spec);
    this.builder.run('1', spec);
  }

  private tick(): number {
    this.clock += 7;
    return this.clock;
  }

  private line(metric: string, step: Step, dataset?: PointDataset): string {
    const highest = this.highest.get(metric) ?? -1n;
    const steps = { next: highest + 1n, same: highest, far: highest + 1_000_000n, before: highest - 2n, zero: 0n };
    const at = steps[step];
    if (at > highest) this.highest.set(metric, at);
    this.count++;
    const values = [this.count / 7, this.count % 3, Number.NaN, -0, Number.POSITIVE_INFINITY, 0];
    const value = values[this.count % values.length]!;
    return metricLine({ timestamp: this.tick(), value, step: at, ...(dataset && { dataset }) });
  }
}

function append(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, text);
}
