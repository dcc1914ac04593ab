import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TrackingStore } from '../../src/mlflow/common/tracking-store.js';
import type { PointBatch, RunRef } from '../../src/model.js';
import { collect, type ExpectedPoint, listening, never, silent } from './tracking-store.js';

/** A source with one run, which is RUNNING and has no metrics yet. */
export interface GrowingSource {
  readonly store: TrackingStore;
  /** Logs points, as a training would. */
  readonly log: (points: Readonly<Record<string, readonly ExpectedPoint[]>>) => Promise<void>;
  /** Marks are of use; without them whatever has changed is read whole. */
  readonly isRead: 'from its mark' | 'whole';
  /** Points that are logged at once where many are; 26,000 by default, more than one page of any source. */
  readonly many?: number;
  readonly remove: () => Promise<void>;
}

type History = readonly string[];

const point = (timestamp: number, value: number, step: number): ExpectedPoint => {
  return { timestamp: 1_700_000_000_000 + timestamp, value, step: BigInt(step) };
};
const line = (count: number, from = 0): ExpectedPoint[] =>
  Array.from({ length: count }, (_, at) => point(100 * (from + at), (from + at) / 7, from + at));

/**
 * What `history` with its marks, `grown` and `artifactsRevision` owe to each other, for every source, while a run grows: what was
 * read and what is added to it is what there is then, or the metric is said to be rewritten.
 */
export function growingStoreContract(name: string, open: () => Promise<GrowingSource>): void {
  describe(`a run that grows: ${name}`, () => {
    let source: GrowingSource;
    /** What has been read so far, and its marks. */
    let known: Map<string, { history: History; mark: string }>;

    beforeAll(async () => {
      source = await open();
      known = new Map();
    });
    afterAll(async () => {
      await source.store.close();
      await source.remove();
    });

    /** Reads a metric whole. */
    const read = async (ref: RunRef, key: string): Promise<void> => {
      let mark: string | undefined;
      const batches = await collect(source.store.history(ref, key, silent(), (told) => (mark = told)));
      expect(mark).toBeDefined();
      known.set(key, { history: batches.flatMap(texts), mark: mark! });
    };

    /** Reads what was added, and tells how many points that were in each metric; what is rewritten is read whole. */
    const grow = async (): Promise<Record<string, number | 'rewritten'>> => {
      const ref = await theRun(source.store);
      await source.store.run(ref, silent());
      const marks = new Map([...known].map(([key, { mark }]) => [key, mark]));
      const notices: never[] = [];
      const found: Record<string, number | 'rewritten'> = {};
      for (const item of await collect(source.store.changesSince!(ref, marks, listening(notices)))) {
        if (item.type === 'points') {
          const before = known.get(item.key);
          known.set(item.key, {
            history: [...(before?.history ?? []), ...texts(item.batch)],
            mark: before?.mark ?? '',
          });
          found[item.key] = Number(found[item.key] ?? 0) + item.batch.steps.length;
        } else if (item.type === 'read') {
          known.set(item.key, { history: known.get(item.key)?.history ?? [], mark: item.cursor });
        } else {
          found[item.key] = 'rewritten';
        }
      }
      expect(notices).toEqual([]);
      const now = new Map<string, History>();
      for (const key of await source.store.metricKeys(ref, silent())) {
        const batches = await collect(source.store.history(ref, key, silent()));
        now.set(key, batches.flatMap(texts));
        if (found[key] === 'rewritten') await read(ref, key);
      }
      expect(new Map([...known].map(([key, { history }]) => [key, history]))).toEqual(now);
      return found;
    };

    const added = (count: number): number | 'rewritten' => (source.isRead === 'whole' ? 'rewritten' : count);

    test('what was added behind the marks comes, and nothing else', async () => {
      await source.log({ loss: line(40), 'val/acc': line(3) });
      expect(await grow()).toEqual({ loss: 40, 'val/acc': 3 });
      expect(await grow()).toEqual({});
      await source.log({ loss: line(2, 40) });
      expect(await grow()).toEqual({ loss: added(2) });
      await source.log({ loss: line(1, 42), 'a new one': line(2) });
      expect(await grow()).toEqual({ loss: added(1), 'a new one': 2 });
      expect(await grow()).toEqual({});
    });

    test('marks of histories that were read whole are of the same kind', async () => {
      const ref = await theRun(source.store);
      await source.store.run(ref, silent());
      for (const key of known.keys()) await read(ref, key);
      expect(await grow()).toEqual({});
      await source.log({ loss: line(3, 43) });
      expect(await grow()).toEqual({ loss: added(3) });
    });

    test('values that are no numbers come, and points at one time and step', async () => {
      const odd = [Number.NaN, Infinity, -Infinity, 5e-324, -1.5].map((value, at) => point(9000 + at, value, 90 + at));
      await source.log({ loss: odd });
      expect(await grow()).toEqual({ loss: added(5) });
      await source.log({ loss: [point(9004, 7, 94), point(9004, 8, 95)] });
      expect(await grow()).toEqual({ loss: added(2) });
    });

    test('a point that comes late is no loss', async () => {
      await source.log({ loss: [point(50, 0.5, 1), point(9005, 1, 96)] });
      await grow();
      await source.log({ loss: [point(9004, 7.5, 94), point(9006, 1, 97)] });
      await grow();
      await source.log({ loss: line(1, 100) });
      expect(await grow()).toEqual({ loss: added(1) });
    });

    test('more points than one page holds come', async () => {
      const { many = 26_000 } = source;
      await source.log({ loss: line(many, 101), 'long from the start': line(many) });
      expect(await grow()).toEqual({ loss: added(many), 'long from the start': many });
    });

    test('what is no mark is rewritten', async () => {
      const ref = await theRun(source.store);
      for (const mark of ['', '[]', '[1,2]', '{}', 'x', '[1,"a","b","c","d"]']) {
        let isRewritten = false;
        for await (const item of source.store.changesSince!(ref, new Map([['loss', mark]]), silent())) {
          isRewritten = item.type === 'rewritten' && item.key === 'loss';
          if (isRewritten) break;
        }
        expect(isRewritten).toBe(true);
      }
    });

    test('an aborted signal rejects with its reason', async () => {
      const reason = new Error('enough');
      const context = { signal: AbortSignal.abort(reason), notice: () => undefined };
      const ref = await theRun(source.store);
      await expect(collect(source.store.changesSince!(ref, new Map(), context))).rejects.toBe(reason);
    });
  });
}

async function theRun(store: TrackingStore): Promise<RunRef> {
  for await (const experiment of store.experiments(never())) {
    const refs = store.activeRuns?.(experiment, [], never()) ?? store.runs(experiment, never());
    for await (const ref of refs) return ref;
  }
  throw new Error('The source has no run.');
}

function texts({ steps, values, timestamps }: PointBatch): string[] {
  return [...steps].map((step, at) => `${timestamps[at]} ${step} ${values[at]}`);
}
