import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConvertError } from '../../src/errors.js';
import { RunTally } from '../../src/mlflow/common/run-totals.js';
import type { ChangeSignal, TrackingStore } from '../../src/mlflow/common/tracking-store.js';
import type { ArtifactFile, Experiment, Notice, Run, RunRef, StageContext } from '../../src/model.js';
import { runSearchContract } from './run-search.js';

export interface ExpectedPoint {
  readonly timestamp: number;
  readonly value: number;
  readonly step: bigint;
}

/** What a run of the source holds. Only the fields of the header that are given are compared. */
export interface ExpectedRun {
  readonly runId: string;
  readonly header: Partial<Omit<Run, 'params' | 'tags' | 'datasets' | 'models'>>;
  readonly params: Readonly<Record<string, string>>;
  /** Tags that must be there; a server adds its own. */
  readonly tags: Readonly<Record<string, string>>;
  /** In the order in which the source delivers them. */
  readonly metrics: Readonly<Record<string, readonly ExpectedPoint[]>>;
  readonly artifacts: Readonly<Record<string, string>>;
  readonly datasets?: readonly Partial<Run['datasets'][number]>[];
  readonly models?: readonly Partial<Run['models'][number]>[];
}

export interface ExpectedExperiment {
  readonly name: string;
  readonly lifecycleStage: Experiment['lifecycleStage'];
  readonly tags: Readonly<Record<string, string>>;
  readonly runs: readonly ExpectedRun[];
}

/** A source under test. It needs a metric of more than two batches, an artifact, and a deleted experiment and run. */
export interface ContractSource {
  readonly store: TrackingStore;
  /** The same source, opened a second time. */
  readonly second: TrackingStore;
  /** What to watch. */
  readonly changes: ChangeSignal;
  readonly expected: readonly ExpectedExperiment[];
  /** A reference to a run that does not exist. */
  readonly missing: RunRef;
  readonly remove: () => Promise<void>;
}

/** The largest batch that a source may hand on. */
const MAX_BATCH = 10_000;

/** The contract of src/mlflow/common/tracking-store.ts, for every source. */
export function trackingStoreContract(name: string, open: () => Promise<ContractSource>): void {
  describe(`tracking store contract: ${name}`, () => {
    let source: ContractSource;
    let runs: Map<string, { ref: RunRef; expected: ExpectedRun }>;

    beforeAll(async () => {
      source = await open();
      runs = await findRuns(source);
    });
    afterAll(async () => {
      await source.store.close();
      await source.second.close();
      await source.remove();
    });

    const everyRun = (): { ref: RunRef; expected: ExpectedRun }[] => [...runs.values()];
    const longest = (): { ref: RunRef; key: string; points: readonly ExpectedPoint[] } => {
      const all = everyRun().flatMap(({ ref, expected }) =>
        Object.entries(expected.metrics).map(([key, points]) => ({ ref, key, points })),
      );
      return all.reduce((a, b) => (b.points.length > a.points.length ? b : a));
    };
    const withArtifact = (): { ref: RunRef; expected: ExpectedRun } => {
      const found = everyRun().find(({ expected }) => Object.keys(expected.artifacts).length > 0);
      if (found === undefined) throw new Error('The source under test has no artifact.');
      return found;
    };

    test('the uri names the source without a password', () => {
      expect(source.store.uri).not.toBe('');
      expect(source.store.uri).not.toMatch(/\/\/[^/]*:[^/]*@/);
    });

    test('what to watch is the place that was opened, by whatever URI, or nothing', () => {
      expect(source.store.changes).toEqual(source.changes);
      expect(source.second.changes).toEqual(source.changes);
    });

    test('all experiments come, deleted ones too, with their tags, in the same order each time', async () => {
      const first = await collect(source.store.experiments(never()));
      const again = await collect(source.second.experiments(never()));
      expect(again).toEqual(first);
      const seen = first.map(({ name, lifecycleStage, tags }) => ({ name, lifecycleStage, tags: record(tags) }));
      const expected = source.expected.map(({ name, lifecycleStage, tags }) => ({ name, lifecycleStage, tags }));
      expect(seen.sort(byName)).toEqual(expect.arrayContaining([...expected].sort(byName)));
    });

    test('all runs of an experiment come, deleted ones too, each once, in the same order each time', async () => {
      for (const { experiment, expected } of await pairs(source)) {
        const refs = await collect(source.store.runs(experiment, never()));
        expect(refs.map((ref) => ref.runId).sort()).toEqual(expected.runs.map((run) => run.runId).sort());
        expect(refs.every((ref) => ref.experimentId === experiment.id)).toBe(true);
        expect(await collect(source.second.runs(experiment, never()))).toEqual(refs);
      }
    });

    runSearchContract(() => source);

    test('the runs of an experiment are counted as their headers say', async () => {
      const { store } = source;
      if (store.runTotals === undefined) return;
      for await (const experiment of store.experiments(never())) {
        const tally = new RunTally();
        for await (const ref of store.runs(experiment, never())) tally.add(await store.run(ref, silent()));
        expect(await store.runTotals(experiment, () => {}, never())).toEqual(tally.totals);
      }
    });

    test('active runs are listed without the others, and others on request', async () => {
      const { store, second } = source;
      if (store.activeRuns === undefined) return;
      for (const { experiment, expected } of await pairs(source)) {
        const all = await collect(second.runs(experiment, never()));
        const active = expected.runs.filter(({ header }) => header.status === 'RUNNING').map(({ runId }) => runId);
        const ids = async (known: readonly string[]) => {
          return (await collect(store.activeRuns!(experiment, known, never()))).map(({ runId }) => runId).sort();
        };
        expect(await ids([])).toEqual(active);
        const asked = [...all.map(({ runId }) => runId), source.missing.runId];
        expect(await ids(asked)).toEqual(all.map(({ runId }) => runId).sort());
        for await (const ref of store.activeRuns(experiment, asked, never())) {
          const listed = all.find(({ runId }) => runId === ref.runId)!;
          expect(await second.revision(ref, never())).toBe(await second.revision(listed, never()));
          expect(await second.run(ref, silent())).toEqual(await second.run(listed, silent()));
        }
      }
    });

    test('missing runs are told from existing ones, deleted or not', async () => {
      if (source.store.missingRuns === undefined) return;
      const ids = everyRun().map(({ ref }) => ref.runId);
      expect(await source.store.missingRuns([...ids, source.missing.runId], never())).toEqual([source.missing.runId]);
      expect(await source.store.missingRuns(ids, never())).toEqual([]);
    });

    test('nothing was added since a cursor of now, and everything since none', async () => {
      const { store, second } = source;
      if (store.changesSince === undefined) return;
      for (const { ref, expected } of everyRun()) {
        const cursors = new Map<string, string>();
        for (const key of await store.metricKeys(ref, silent())) {
          await collect(store.history(ref, key, silent(), (cursor) => cursors.set(key, cursor)));
        }
        const items = await collect(second.changesSince!(ref, cursors, silent()));
        expect(items.filter(({ type }) => type !== 'read')).toEqual([]);

        const counts: Record<string, number> = {};
        for await (const item of second.changesSince!(ref, new Map(), silent())) {
          if (item.type === 'points') counts[item.key] = (counts[item.key] ?? 0) + item.batch.steps.length;
          expect(item.type).not.toBe('rewritten');
        }
        const lengths = Object.entries(expected.metrics).map(([key, { length }]) => [key, length] as const);
        expect(counts).toEqual(Object.fromEntries(lengths.filter(([, length]) => length > 0)));
        const gone = await collect(store.changesSince(ref, new Map([...cursors, ['no such metric', 'x']]), silent()));
        expect(gone.filter(({ type }) => type !== 'read')).toEqual([{ type: 'rewritten', key: 'no such metric' }]);
      }
    });

    test('the revision of artifacts stays while nothing happens', async () => {
      const { store, second } = source;
      if (store.artifactsRevision === undefined) return;
      const { ref } = withArtifact();
      const run = await store.run(ref, silent());
      const revision = await store.artifactsRevision(ref, run, never());
      expect(await second.artifactsRevision!(ref, run, never())).toBe(revision);
    });

    test('a run has its header, params, tags, datasets and models', async () => {
      for (const { ref, expected } of everyRun()) {
        const notices: Notice[] = [];
        const run = await source.store.run(ref, listening(notices));
        expect(run).toMatchObject({ id: expected.runId, experimentId: ref.experimentId, ...expected.header });
        expect(record(run.params)).toEqual(expected.params);
        expect(record(run.tags)).toMatchObject(expected.tags);
        expect(run.datasets).toMatchObject(expected.datasets ?? []);
        expect(run.models).toMatchObject(expected.models ?? []);
        expect(notices).toEqual([]);
      }
    });

    test('a reference and a run survive a structured clone and are understood by another store', async () => {
      const { ref, expected } = withArtifact();
      const clone = structuredClone(ref);
      const run = await source.second.run(clone, silent());
      expect(structuredClone(run)).toEqual(run);
      const [file] = await collect(source.second.artifacts(clone, structuredClone(run), silent()));
      const text = await textOf(source.store, clone, structuredClone(run), structuredClone(file!));
      expect(text).toBe(expected.artifacts[file!.path]);
    });

    test('the keys of all metrics come, each once', async () => {
      for (const { ref, expected } of everyRun()) {
        const keys = await source.store.metricKeys(ref, silent());
        expect([...keys].sort()).toEqual(Object.keys(expected.metrics).sort());
      }
    });

    test('how much a run has is known without reading it: metrics exactly, points as far as it says so', async () => {
      if (source.store.extent === undefined) return;
      for (const { ref, expected } of everyRun()) {
        const lengths = Object.values(expected.metrics).map(({ length }) => length);
        const points = lengths.reduce((sum, length) => sum + length, 0);
        const extent = await source.store.extent(ref, silent());
        expect(extent.metrics).toBe(lengths.length);
        if (extent.isExact) expect(extent.points).toBe(points);
        else expect(extent.points > 0).toBe(points > 0);
      }
    });

    test('of each metric its end is known: the number of points, where it is told, and the last to arrive at the latest step', async () => {
      if (source.store.metricEnds === undefined) return;
      for (const { ref, expected } of everyRun()) {
        const ends = await source.store.metricEnds(ref, silent());
        expect([...ends.keys()].sort()).toEqual(Object.keys(expected.metrics).sort());
        for (const [key, end] of ends) {
          const points = expected.metrics[key]!;
          if (points.length === 0) expect(end).toBeUndefined();
          if (end === undefined) continue;
          if (end.points !== undefined) expect(end.points).toBe(points.length);
          const { step, timestamp, value } = end.latest;
          const last = points.filter((point) => point.step === step).at(-1);
          expect({ step, timestamp, value }).toEqual(last);
        }
      }
    });

    test('histories are complete, exact and in order, in batches of bounded size', async () => {
      for (const { ref, expected } of everyRun()) {
        for (const [key, points] of Object.entries(expected.metrics)) {
          const batches = await collect(source.store.history(ref, key, silent()));
          for (const { steps, values, timestamps } of batches) {
            expect(steps.length).toBeGreaterThan(0);
            expect(steps.length).toBeLessThanOrEqual(MAX_BATCH);
            expect([values.length, timestamps.length]).toEqual([steps.length, steps.length]);
          }
          expectPoints(batches, points);
        }
      }
    });

    test('a metric that does not exist has no points', async () => {
      const { ref } = withArtifact();
      expect(await collect(source.store.history(ref, 'no such metric', silent()))).toEqual([]);
    });

    test('a batch belongs to its receiver: spoiling it changes nothing', async () => {
      const { ref, key, points } = longest();
      const kept = [];
      for await (const batch of source.store.history(ref, key, silent())) {
        kept.push({ steps: batch.steps.slice(), values: batch.values.slice(), timestamps: batch.timestamps.slice() });
        batch.steps.fill(-1n);
        batch.values.fill(-1);
        batch.timestamps.fill(-1);
      }
      expectPoints(kept, points);
      expectPoints(await collect(source.store.history(ref, key, silent())), points);
    });

    test('histories may be read side by side, and left half way', async () => {
      const { ref, key, points } = longest();
      const one = source.store.history(ref, key, silent())[Symbol.asyncIterator]();
      const first = await one.next();
      expectPoints(await collect(source.store.history(ref, key, silent())), points);
      for await (const _ of source.store.history(ref, key, silent())) break;
      const rest = [first.value];
      for (let next = await one.next(); !next.done; next = await one.next()) rest.push(next.value);
      expectPoints(rest, points);
    });

    test('artifacts are listed sorted, with their sizes, and their bytes can be read', async () => {
      for (const { ref, expected } of everyRun()) {
        const run = await source.store.run(ref, silent());
        const files = await collect(source.store.artifacts(ref, run, silent()));
        const paths = files.map((file) => file.path);
        expect(paths).toEqual([...paths].sort());
        expect([...paths].sort()).toEqual(Object.keys(expected.artifacts).sort());
        for (const file of files) {
          const text = await textOf(source.store, ref, run, file);
          expect(text).toBe(expected.artifacts[file.path]);
          if (file.size !== undefined) expect(file.size).toBe(Buffer.byteLength(text));
          expect(file.uri).toMatch(/^[a-z][a-z0-9+.-]*:/);
        }
      }
    });

    test('reading an artifact that does not exist is a skip-item', async () => {
      const { ref } = withArtifact();
      const run = await source.store.run(ref, silent());
      const [file] = await collect(source.store.artifacts(ref, run, silent()));
      const gone = { ...file!, path: 'no/such/file.txt', uri: `${file!.uri}-gone` };
      await expectConvertError(textOf(source.store, ref, run, gone), 'skip-item');
    });

    test('reading a run that does not exist is a not-a-run', async () => {
      await expectConvertError(source.store.run(source.missing, silent()), 'not-a-run');
    });

    test('the revision of an unchanged run stays, whoever asks', async () => {
      for (const { ref } of everyRun()) {
        const revision = await source.store.revision(ref, never());
        await collect(source.store.history(ref, Object.keys(runs.get(ref.runId)!.expected.metrics)[0] ?? '', silent()));
        expect(await source.second.revision(structuredClone(ref), never())).toBe(revision);
      }
    });

    test('an aborted signal rejects everything with its reason', async () => {
      const { ref } = withArtifact();
      const run = await source.store.run(ref, silent());
      const [file] = await collect(source.store.artifacts(ref, run, silent()));
      const experiment = (await collect(source.store.experiments(never())))[0]!;
      const reason = new Error('enough');
      const signal = AbortSignal.abort(reason);
      const context: StageContext = { signal, notice: () => undefined };
      for (const attempt of [
        () => collect(source.store.experiments(signal)),
        () => collect(source.store.runs(experiment, signal)),
        () => source.store.revision(ref, signal),
        () => source.store.run(ref, context),
        () => source.store.metricKeys(ref, context),
        async () => (source.store.extent === undefined ? Promise.reject(reason) : source.store.extent(ref, context)),
        async () => {
          if (source.store.metricEnds === undefined) throw reason;
          return source.store.metricEnds(ref, context);
        },
        () => collect(source.store.history(ref, longest().key, context)),
        () => collect(source.store.artifacts(ref, run, context)),
        () => collect(source.store.openArtifact(ref, run, file!, signal)),
      ]) {
        await expect(attempt()).rejects.toBe(reason);
      }
    });

    test('a history that is aborted half way rejects with the reason', async () => {
      const { ref, key } = longest();
      const controller = new AbortController();
      const reason = new Error('enough');
      const reading = async (): Promise<void> => {
        const context = { signal: controller.signal, notice: () => undefined };
        for await (const _ of source.store.history(ref, key, context)) controller.abort(reason);
      };
      await expect(reading()).rejects.toBe(reason);
    });
  });
}

async function pairs(source: ContractSource): Promise<{ experiment: Experiment; expected: ExpectedExperiment }[]> {
  const experiments = await collect(source.store.experiments(never()));
  return source.expected.map((expected) => {
    const experiment = experiments.find(({ name }) => name === expected.name);
    if (experiment === undefined) throw new Error(`The source has no experiment ${expected.name}.`);
    return { experiment, expected };
  });
}

async function findRuns(source: ContractSource): Promise<Map<string, { ref: RunRef; expected: ExpectedRun }>> {
  const found = new Map<string, { ref: RunRef; expected: ExpectedRun }>();
  for (const { experiment, expected } of await pairs(source)) {
    for await (const ref of source.store.runs(experiment, never())) {
      const run = expected.runs.find(({ runId }) => runId === ref.runId);
      if (run !== undefined) found.set(ref.runId, { ref, expected: run });
    }
  }
  return found;
}

/** Compares bit for bit: NaN equals NaN, and 0 differs from -0. */
function expectPoints(
  batches: readonly { steps: BigInt64Array; values: Float64Array; timestamps: Float64Array }[],
  expected: readonly ExpectedPoint[],
): void {
  expect(batches.flatMap(({ steps }) => [...steps])).toEqual(expected.map(({ step }) => step));
  expect(batches.flatMap(({ values }) => [...values])).toEqual(expected.map(({ value }) => value));
  expect(batches.flatMap(({ timestamps }) => [...timestamps])).toEqual(expected.map(({ timestamp }) => timestamp));
}

async function textOf(store: TrackingStore, ref: RunRef, run: Run, file: ArtifactFile): Promise<string> {
  return Buffer.concat(await collect(store.openArtifact(ref, run, file, never()))).toString('utf8');
}

async function expectConvertError(promise: Promise<unknown>, kind: ConvertError['kind']): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(ConvertError);
  expect(error).toMatchObject({ kind, message: expect.stringMatching(/\.$/) });
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export function never(): AbortSignal {
  return new AbortController().signal;
}

/** A context that keeps the notices. */
export function listening(notices: Notice[]): StageContext {
  return { signal: never(), notice: (notice) => notices.push(notice) };
}

/** A context for readings that are not about notices. */
export function silent(): StageContext {
  return listening([]);
}

export function record(map: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(map);
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}

/** The dataset of the run that the builders of file stores and servers write. */
export const TRAIN_DATASET = {
  name: 'train',
  digest: 'x1',
  context: 'training',
  source: '{"uri": "/data"}',
  tags: new Map([['split', '0.8']]),
};
