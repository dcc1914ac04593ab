import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Repository } from '../../src/aim/repository.js';
import { FileStore } from '../../src/mlflow/file/file-store.js';
import { DEFAULT_ARTIFACTS, DEFAULT_MAPPING } from '../../src/policies.js';
import { sampleImage } from '../artifacts/sample-images.js';
import { convertOnce, NOW } from '../support/conversions.js';
import { newStore, series } from '../support/example-store.js';
import type { FileStoreBuilder, RunSpec } from '../support/file-store-builder.js';
import { heldOf } from '../support/held-run.js';
import { essence, staleChecksums } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';
import { expectKept, expectWhole } from '../support/unread-parts-law.js';

/**
 * The law of docs/mapping.md: what was converted once is replaced only by what was read. Any part of a run cannot be read
 * between two conversions: Aim holds what it held, and what could be read; made readable again: what one conversion gives.
 */

/** A call in a page of Plotly's. */
const PLOT = 'Plotly.newPlot("id", [{"y": [1, 2]}], {"title": "é"}, {})';
const HISTORY = 'images/eval+step+3+timestamp+1700000000500+0f9a6d2c-3b1e-4c5d-8e7f-000000000003.png';

const SPEC: Omit<RunSpec, 'runId'> = {
  name: 'calm owl',
  startTime: NOW - 10_000,
  params: { lr: '0.01', 'opt/name': 'adam', 'opt/beta': '[0.9, 0.999]', text: "'1'" },
  tags: {
    team: 'red',
    'mlflow.user': 'eve',
    'mlflow.note.content': '# Why',
    'mlflow.source.name': 'train.py',
    'mlflow.source.type': 'LOCAL',
    'mlflow.source.git.commit': 'abc123',
    'mlflow.source.git.dirty': 'True',
    'mlflow.parentRunId': 'b',
    'mlflow.project.env': 'conda',
    'mlflow.log-model.history': '[{"run_id": "a", "artifact_path": "m", "flavors": {"x": 3.0, "y": [1, null, true]}}]',
  },
  metrics: {
    loss: series(40),
    'val/acc': series(5),
    'val/loss': series(5, 2),
    'system/cpu_utilization_percentage': series(3),
    'system/node 1/gpu_0_power_usage_watts': series(3),
    repeated: [...series(4), ...series(4)],
  },
  datasets: [
    { id: 'd1', name: 'digits', digest: '1', context: 'train', tags: { kind: 'x' } },
    { id: 'd2', name: 'letters', digest: '2' },
  ],
  artifacts: {
    'a.txt': 'text',
    'train.log': 'one\ntwo',
    'b.png': sampleImage('png RGB'),
    'plots/1.png': sampleImage('png RGB'),
    'plots/2.png': sampleImage('png RGBA'),
    'plots/deep/3.png': sampleImage('png RGB'),
    'plots/notes.md': 'größe',
    'plots/roc.html': `<p>${PLOT}</p>${PLOT}`,
    'plots/fig.json': '{"data": [], "layout": {"a": 1}}',
    'plots/t.csv': 'a,b\n1,2\n',
    'page.html': PLOT,
    'model/weights.bin': 'bytes',
    [HISTORY]: sampleImage('png RGB'),
  },
};
const MODELS = [
  { id: 'm1', name: 'net', step: 3, params: { depth: '2', width: '0.5' }, tags: { good: 'yes' } },
  { id: 'm2', name: 'tree', step: 7 },
  { id: 'm3', name: 'made outside of MLflow' },
];

/** A part, by its path from the experiment's directory. */
const PLACES = [
  'a/params',
  'a/params/lr',
  'a/params/opt',
  'a/tags',
  'a/tags/team',
  'a/tags/mlflow.note.content',
  'a/tags/mlflow.source.git.commit',
  'a/metrics',
  'a/metrics/loss',
  'a/metrics/val',
  'a/metrics/repeated',
  'a/metrics/system',
  'a/inputs',
  'a/inputs/input-d1/meta.yaml',
  'datasets/d2',
  'a/outputs',
  'a/outputs/m1/meta.yaml',
  'models/m1/meta.yaml',
  'models/m1/params/depth',
  'models/m3/meta.yaml',
  'models',
  'a/artifacts',
  'a/artifacts/a.txt',
  'a/artifacts/b.png',
  'a/artifacts/plots',
  'a/artifacts/plots/1.png',
  'a/artifacts/plots/deep',
  'a/artifacts/plots/roc.html',
  'a/artifacts/plots/fig.json',
  'a/artifacts/plots/t.csv',
  'a/artifacts/model',
  'a/artifacts/images',
  `a/artifacts/${HISTORY}`,
] as const;
type Place = (typeof PLACES)[number];

/** Directories that are roots: their not being there, or being empty, counts as not read. */
const ROOTS: readonly string[] = ['a/params', 'a/tags', 'a/metrics', 'a/inputs', 'a/outputs', 'models', 'a/artifacts'];

/** What becomes of a place. Nothing of it keeps root from reading. */
const HOW = ['link to itself', 'away', 'emptied'] as const;
type How = (typeof HOW)[number];

/** Of what is no root, only a link to itself cannot be read: whatever else is in its place, it is gone. */
function waysFor(place: Place): How[] {
  if (ROOTS.includes(place)) return [...HOW];
  return ['link to itself'];
}

interface Taken {
  readonly place: Place;
  readonly how: How;
}

const taken: fc.Arbitrary<Taken> = fc
  .constantFrom(...PLACES)
  .chain((place) => fc.record({ place: fc.constant(place), how: fc.constantFrom(...waysFor(place)) }));

/** What goes on meanwhile, in other parts than that which cannot be read. */
const meanwhile = fc.uniqueArray(
  fc.constantFrom('param', 'tag', 'points', 'metric', 'image', 'text', 'removed param'),
  { maxLength: 3 },
);

class Scene {
  readonly builder: FileStoreBuilder = newStore();
  readonly directory: string;
  readonly repository = temporaryDirectory();

  constructor(active: boolean, withModels: boolean) {
    this.builder.experiment({ id: '1', name: 'mnist' });
    this.directory = join(this.builder.root, '1');
    this.builder.run('1', {
      ...SPEC,
      runId: 'a',
      ...(active ? { status: 1, endTime: null } : { endTime: NOW - 1000 }),
      ...(withModels && { models: MODELS }),
    });
  }

  async convert(into = this.repository) {
    const options = { artifacts: { ...DEFAULT_ARTIFACTS, terminalLog: 'train.log' }, mapping: DEFAULT_MAPPING };
    const { results } = await convertOnce(new FileStore(this.builder.root), Repository.open(into), {}, options);
    return results[0]!;
  }

  async expectWhole(): Promise<void> {
    await expectWhole(this.repository, (fresh) => this.convert(fresh));
  }

  at(...names: string[]): string {
    return join(this.directory, ...names);
  }

  /** Makes a place unreadable; gives what puts it back. */
  take({ place, how }: Taken): () => void {
    const path = this.at(place);
    const aside = join(this.builder.parent, 'aside');
    renameSync(path, aside);
    if (how === 'link to itself') symlinkSync(path, path);
    if (how === 'emptied') mkdirSync(path);
    return () => {
      rmSync(path, { recursive: true, force: true });
      renameSync(aside, path);
    };
  }

  happens(what: string): void {
    const line = `${NOW - 500} 0.25 77\n`;
    const write = (text: string | Uint8Array, ...names: string[]) => {
      const file = this.at('a', ...names);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    };
    const files: Readonly<Record<string, () => void>> = {
      param: () => write('7', 'params', 'new'),
      tag: () => write('blue', 'tags', 'team2'),
      points: () => write(line.repeat(2), 'metrics', 'val', 'acc'),
      metric: () => write(line, 'metrics', 'late'),
      image: () => write(sampleImage('png RGBA'), 'artifacts', 'plots', '15.png'),
      text: () => write('new', 'artifacts', 'new.txt'),
      'removed param': () => unlinkSync(this.at('a', 'params', 'text')),
    };
    files[what]!();
  }
}
async function play(active: boolean, withModels: boolean, what: Taken, events: readonly string[]): Promise<void> {
  const scene = new Scene(active, withModels);
  if (!existsSync(scene.at(what.place))) return;
  await scene.convert();
  const before = heldOf(scene.repository, 'a');
  const putBack = scene.take(what);
  for (const event of events) if (!isWithin(event, what.place)) scene.happens(event);
  writeFileSync(scene.at('a', what.place.startsWith('a/tags') ? 'params' : 'tags', 'seen'), '1');

  const { report, staged } = await scene.convert();
  expect(report.outcome).not.toBe('failed');
  expect(staged?.unread?.length).toBeGreaterThan(0);
  const held = heldOf(scene.repository, 'a');
  // All that was there is there still, but what was read and is another now.
  expectKept(before, held, (key) => events.some((event) => changes(event, key)));
  expect(staleChecksums(scene.repository)).toEqual([]);
  // A second look changes nothing.
  const again = essence(scene.repository);
  await scene.convert();
  expect(essence(scene.repository)).toEqual(again);

  putBack();
  await scene.convert();
  await scene.expectWhole();
}

const EVENT_PLACES: Readonly<Record<string, string>> = {
  param: 'a/params',
  'removed param': 'a/params',
  tag: 'a/tags',
  points: 'a/metrics/val',
  metric: 'a/metrics',
  image: 'a/artifacts/plots',
  text: 'a/artifacts',
};

/** Whether an event would happen in what was taken away. */
function isWithin(event: string, place: string): boolean {
  return EVENT_PLACES[event] === place || EVENT_PLACES[event]!.startsWith(`${place}/`);
}

/** Whether it is right that an event changes what Aim holds under this key. */
function changes(event: string, key: string): boolean {
  if (event === 'points') return key.startsWith('metric val/acc');
  if (event === 'image') return key.startsWith('file plots/');
  return event === 'removed param' && key === 'attribute params text';
}

const EVERYTHING = PLACES.flatMap((place) => waysFor(place).map((how) => [place, how] as const));
const SOME_OF_EACH_SORT: readonly Place[] = [
  'a/params/lr',
  'a/tags/team',
  'a/metrics/loss',
  'a/inputs/input-d1/meta.yaml',
  'models/m1/meta.yaml',
  'a/artifacts/plots',
  'a/artifacts/a.txt',
  `a/artifacts/${HISTORY}`,
];
/** An active run is read as one that has ended, and put together otherwise, if it is: that does not hang on the single place. */
const EACH_SORT = EVERYTHING.filter(([place, how]) => how === 'away' || SOME_OF_EACH_SORT.includes(place));

describe.each([
  ['ended', false, EVERYTHING],
  ['active', true, EACH_SORT],
])('of an %s run', (_, active, cases) => {
  test.each(cases)('%s (%s) is kept while it cannot be read', async (place, how) => {
    await play(active, true, { place, how }, ['points', 'image', 'removed param']);
  });

  test('any part is kept while it cannot be read, whatever else happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), taken, meanwhile, (models, what, events) => play(active, models, what, events)),
      { numRuns: 10 },
    );
  });
});

test('a model that was made outside of MLflow is no output of its run, which is whole without any', async () => {
  const { builder } = new Scene(false, false);
  const convert = async (into: string) =>
    (await convertOnce(new FileStore(builder.root), Repository.open(into), {})).results.find(
      ({ report }) => report.runId === 'b',
    )!;
  const made = (lifecycleStage: 'active' | 'deleted', seen: string) =>
    builder.run('1', { runId: 'b', tags: { seen }, models: [{ id: 'm3', name: 'outside', lifecycleStage }] });
  made('active', '0');
  const repository = temporaryDirectory();
  expect((await convert(repository)).staged?.unread).toBeUndefined();
  made('active', '1');
  expect((await convert(repository)).staged).toMatchObject({ runId: 'b' });
  expect((await convert(repository)).staged?.unread).toBeUndefined();
  made('deleted', '2');
  const { report, staged } = await convert(repository);
  expect(report.outcome).toBe('updated');
  expect(staged?.unread).toBeUndefined();
  await expectWhole(repository, convert);
});

describe('what can be read of neither side', () => {
  async function convertedAndTakenAway(place: Place): Promise<Scene> {
    const scene = new Scene(false, true);
    await scene.convert();
    scene.take({ place, how: 'link to itself' });
    writeFileSync(scene.at('a', place === 'a/tags' ? 'params' : 'tags', 'seen'), '1');
    return scene;
  }

  test.each<[Place, 'meta' | 'seqs']>([
    ['a/params', 'meta'],
    ['a/tags', 'meta'],
    ['a/metrics/loss', 'seqs'],
    ['a/artifacts/a.txt', 'seqs'],
  ])('%s: where %s is damaged, the run is left as it is, and told', async (place, database) => {
    const scene = await convertedAndTakenAway(place);
    const repository = Repository.open(scene.repository);
    const directory = repository[database]('a');
    for (const name of readdirSync(directory).filter((file) => file.endsWith('.sst'))) {
      const bytes = readFileSync(join(directory, name));
      writeFileSync(join(directory, name), bytes.fill(7, 0, Math.floor(bytes.length / 2)));
    }
    const { report, staged } = await scene.convert();
    expect(staged).toBeUndefined();
    expect(report.outcome).toBe('failed');
    expect(report.reason).toMatch(
      /^What could not be read of run a \((params|tags|metrics|artifacts)\) cannot be taken from Aim either: .* The run is left as it is\./,
    );
  });

  test('damage of Aim where all could be read is mended', async () => {
    const scene = new Scene(false, true);
    await scene.convert();
    const repository = Repository.open(scene.repository);
    for (const directory of [repository.meta('a'), repository.seqs('a')]) {
      for (const name of readdirSync(directory).filter((file) => file.endsWith('.sst')))
        writeFileSync(join(directory, name), '');
    }
    writeFileSync(scene.at('a', 'tags', 'seen'), '1');
    const { report } = await scene.convert();
    expect(report.outcome).toBe('updated');
    await scene.expectWhole();
  });
});

test('what a listing of a root that is there no longer has is gone', async () => {
  const scene = new Scene(false, true);
  await scene.convert();
  for (const place of [
    'params/lr',
    'tags/team',
    'metrics/loss',
    'artifacts/b.png',
    'artifacts/model',
    'inputs/input-d1',
  ]) {
    rmSync(scene.at('a', place), { recursive: true });
  }
  const { report } = await scene.convert();
  expect([report.outcome, report.incomplete]).toEqual(['updated', undefined]);
  await scene.expectWhole();
});

test('where nothing was, nothing is missed', async () => {
  const store = newStore();
  const directory = store.run('1', { runId: 'a', metrics: { loss: series(3) } });
  for (const root of ['params', 'tags', 'artifacts']) rmSync(join(directory, root), { recursive: true, force: true });
  const repository = temporaryDirectory();
  for (const note of ['1', '2']) {
    const { results } = await convertOnce(new FileStore(store.root), Repository.open(repository));
    expect(results.map(({ report }) => report.incomplete)).toEqual([undefined]);
    writeFileSync(join(directory, 'metrics', note), `${NOW} 1 0\n`);
  }
});

test('a run without tags that gets another name misses none', async () => {
  const store = newStore();
  const repository = temporaryDirectory();
  for (const name of ['owl', 'falcon']) {
    store.run('1', { runId: 'a', name, entryPoint: 'train', metrics: { loss: series(3) } });
    const { results } = await convertOnce(new FileStore(store.root), Repository.open(repository));
    expect(results.map(({ report }) => [report.runName, report.incomplete])).toEqual([[name, undefined]]);
  }
});

test('the bytes that Aim has are those of the files', async () => {
  const scene = new Scene(false, false);
  await scene.convert();
  const png = readFileSync(scene.at('a', 'artifacts', 'b.png'));
  scene.take({ place: 'a/artifacts', how: 'away' });
  writeFileSync(scene.at('a', 'tags', 'seen'), '1');
  await scene.convert();
  expect(heldOf(scene.repository, 'a').get('file b.png')).toBe(png.toString('latin1'));
});
