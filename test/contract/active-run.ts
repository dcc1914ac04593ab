import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TrackingStore } from '../../src/mlflow/common/tracking-store.js';
import type { PointBatch, RunRef } from '../../src/model.js';
import { collect, type ExpectedPoint, listening, never, silent } from './tracking-store.js';

/** A source with one run, which is RUNNING and has no metrics yet. */
export interface ActiveRunSource {
  readonly store: TrackingStore;
  /** Logs points, as a training would. */
  readonly log: (points: Readonly<Record<string, readonly ExpectedPoint[]>>) => Promise<void>;
  /** `whole` if cursors are of no use to the source: it reads any changed metric from its beginning. */
  readonly isRead: 'from its cursor' | 'whole';
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
 * What `history` with its cursors and `changesSince` owe to each other while a run is active, for every source: what was read plus what
 * was added is what there is, or the metric is said to be rewritten.
 */
export function activeRunContract(name: string, open: () => Promise<ActiveRunSource>): void {
  describe(`active run: ${name}`, () => {
    let source: ActiveRunSource;
    /** What has been read so far, and its cursors. */
    let known: Map<string, { history: History; cursor: string }>;

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
      let cursor: string | undefined;
      const batches = await collect(source.store.history(ref, key, silent(), (told) => (cursor = told)));
      expect(cursor).toBeDefined();
      known.set(key, { history: batches.flatMap(texts), cursor: cursor! });
    };

    /** Reads what was added, and tells how many points that were in each metric; what is rewritten is read whole. */
    const readChanges = async (): Promise<Record<string, number | 'rewritten'>> => {
      const ref = await theRun(source.store);
      await source.store.run(ref, silent());
      const cursors = new Map([...known].map(([key, { cursor }]) => [key, cursor]));
      const notices: never[] = [];
      const found: Record<string, number | 'rewritten'> = {};
      for (const item of await collect(source.store.changesSince!(ref, cursors, listening(notices)))) {
        if (item.type === 'points') {
          const before = known.get(item.key);
          known.set(item.key, {
            history: [...(before?.history ?? []), ...texts(item.batch)],
            cursor: before?.cursor ?? '',
          });
          found[item.key] = Number(found[item.key] ?? 0) + item.batch.steps.length;
        } else if (item.type === 'read') {
          known.set(item.key, { history: known.get(item.key)?.history ?? [], cursor: item.cursor });
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

    test('reads what was added since the cursors, and nothing else', async () => {
      await source.log({ loss: line(40), 'val/acc': line(3) });
      expect(await readChanges()).toEqual({ loss: 40, 'val/acc': 3 });
      expect(await readChanges()).toEqual({});
      await source.log({ loss: line(2, 40) });
      expect(await readChanges()).toEqual({ loss: added(2) });
      await source.log({ loss: line(1, 42), 'a new one': line(2) });
      expect(await readChanges()).toEqual({ loss: added(1), 'a new one': 2 });
      expect(await readChanges()).toEqual({});
    });

    test('takes the cursors of whole histories', async () => {
      const ref = await theRun(source.store);
      await source.store.run(ref, silent());
      for (const key of known.keys()) await read(ref, key);
      expect(await readChanges()).toEqual({});
      await source.log({ loss: line(3, 43) });
      expect(await readChanges()).toEqual({ loss: added(3) });
    });

    test('reads NaN and infinities, and points at one time and step', async () => {
      const odd = [Number.NaN, Infinity, -Infinity, 5e-324, -1.5].map((value, at) => point(9000 + at, value, 90 + at));
      await source.log({ loss: odd });
      expect(await readChanges()).toEqual({ loss: added(5) });
      await source.log({ loss: [point(9004, 7, 94), point(9004, 8, 95)] });
      expect(await readChanges()).toEqual({ loss: added(2) });
    });

    test('loses no late point', async () => {
      await source.log({ loss: [point(50, 0.5, 1), point(9005, 1, 96)] });
      await readChanges();
      await source.log({ loss: [point(9004, 7.5, 94), point(9006, 1, 97)] });
      await readChanges();
      await source.log({ loss: line(1, 100) });
      expect(await readChanges()).toEqual({ loss: added(1) });
    });

    test('reads more points than fit on one page', async () => {
      const { many = 26_000 } = source;
      await source.log({ loss: line(many, 101), 'long from the start': line(many) });
      expect(await readChanges()).toEqual({ loss: added(many), 'long from the start': many });
    });

    test('takes a text that is not a cursor for a rewritten metric', async () => {
      const ref = await theRun(source.store);
      for (const cursor of ['', '[]', '[1,2]', '{}', 'x', '[1,"a","b","c","d"]']) {
        let isRewritten = false;
        for await (const item of source.store.changesSince!(ref, new Map([['loss', cursor]]), silent())) {
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
