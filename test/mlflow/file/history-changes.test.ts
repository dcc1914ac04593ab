import { appendFileSync, mkdirSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FileStore } from '../../../src/mlflow/file/file-store.js';
import type { Notice, RunRef } from '../../../src/model.js';
import { collect, listening, silent } from '../../contract/tracking-store.js';
import { FileStoreBuilder, metricLine, type TestPoint } from '../../support/file-store-builder.js';
import { settled } from '../../support/settled.js';

const RUN = 'a'.repeat(32);
const REF: RunRef = { runId: RUN, experimentId: '1', locator: `1/${RUN}` };

let builder: FileStoreBuilder;
let store: FileStore;
beforeAll(() => {
  builder = new FileStoreBuilder();
  builder.run('1', { runId: RUN, status: 1, endTime: null });
  store = new FileStore(builder.root);
});
afterAll(() => builder.remove());

const place = (...names: string[]) => join(builder.root, '1', RUN, ...names);
const file = (key: string) => place('metrics', key);
const line = (step: number) => metricLine({ timestamp: 1000 + step, value: step / 7, step: BigInt(step) });
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => line(from + i)).join('');

/** The points of a metric, and the mark behind them. */
async function read(key: string): Promise<{ steps: number[]; mark: string }> {
  let mark = '';
  const batches = await collect(
    store.history(REF, key, silent(), (behind) => {
      mark = behind;
    }),
  );
  return { steps: batches.flatMap(({ steps }) => Array.from(steps, Number)), mark };
}

interface Grown {
  readonly points: TestPoint[];
  readonly steps: number[];
  readonly mark: string | undefined;
  readonly rewritten: boolean;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What has become of each metric since these marks. */
async function grown(marks: Record<string, string>, notices: Notice[] = []): Promise<Record<string, Grown>> {
  const found: Record<string, Writable<Grown>> = {};
  for await (const item of store.changesSince(REF, new Map(Object.entries(marks)), listening(notices))) {
    found[item.key] ??= { points: [], steps: [], mark: undefined, rewritten: false };
    const metric = found[item.key]!;
    if (item.type === 'rewritten') metric.rewritten = true;
    if (item.type === 'read') metric.mark = item.cursor;
    if (item.type !== 'points') continue;
    const { steps, values, timestamps } = item.batch;
    for (const [i, step] of steps.entries()) {
      metric.points.push({ step, value: values[i]!, timestamp: timestamps[i]! });
      metric.steps.push(Number(step));
    }
  }
  return found;
}

function only(key: string): void {
  rmSync(place('metrics'), { recursive: true, force: true });
  mkdirSync(place('metrics'));
  writeFileSync(file(key), '');
}

describe('a metric file that grows', () => {
  test('has what came behind the mark, and again behind the next', async () => {
    only('loss');
    writeFileSync(file('loss'), lines(0, 3));
    await settled(place('metrics'));
    const { steps, mark } = await read('loss');
    expect(steps).toEqual([0, 1, 2]);
    expect(await grown({ loss: mark })).toEqual({});
    appendFileSync(file('loss'), lines(3, 5));
    const first = await grown({ loss: mark });
    expect(first.loss?.steps).toEqual([3, 4]);
    appendFileSync(file('loss'), lines(5, 6));
    expect((await grown({ loss: first.loss!.mark! })).loss?.steps).toEqual([5]);
    expect((await grown({ loss: mark })).loss?.steps).toEqual([3, 4, 5]);
  });

  test('cut at any of 4,096 places, gives each point once and no number that was never written', async () => {
    only('loss');
    let text = '';
    for (let i = 0; text.length < 4096; i++) {
      text += metricLine({
        timestamp: 1_700_000_000_000 + i,
        value: Math.PI * 10 ** ((i % 40) - 20),
        step: BigInt(i * 37),
      });
    }
    writeFileSync(file('loss'), text);
    const said = (points: readonly TestPoint[]) => points.map((point) => Object.values(point).join(' ')).join('\n');
    const all = said((await grown({})).loss!.points);
    const wrong: number[] = [];
    for (let cut = 0; cut < 4096; cut++) {
      writeFileSync(file('loss'), text.slice(0, cut));
      const before = (await grown({})).loss!;
      appendFileSync(file('loss'), text.slice(cut));
      const after = (await grown({ loss: before.mark! })).loss?.points ?? [];
      if (said([...before.points, ...after]) !== all) wrong.push(cut);
    }
    expect(wrong).toEqual([]);
  });

  test('may grow by more than is read at once', async () => {
    only('loss');
    writeFileSync(file('loss'), lines(0, 10));
    const { mark } = await read('loss');
    appendFileSync(file('loss'), lines(10, 60_000));
    const { loss } = await grown({ loss: mark });
    expect(loss?.steps).toEqual(Array.from({ length: 59_990 }, (_, i) => i + 10));
    await settled(place('metrics'));
    const again = await grown({ loss: loss!.mark! });
    expect(again.loss?.steps ?? []).toEqual([]);
    expect(await grown({ loss: again.loss?.mark ?? loss!.mark! })).toEqual({});
  });

  test('and was read just after it had changed is looked at again, and has nothing new', async () => {
    only('loss');
    writeFileSync(file('loss'), lines(0, 3));
    const { mark } = await read('loss');
    const { loss } = await grown({ loss: mark });
    expect(loss).toMatchObject({ steps: [], rewritten: false });
    await settled(place('metrics'));
    const later = (await grown({ loss: loss!.mark! })).loss ?? loss;
    expect(later).toMatchObject({ steps: [], rewritten: false });
    expect(await grown({ loss: later!.mark! })).toEqual({});
  });

  test('whose time alone has changed has nothing new', async () => {
    only('loss');
    writeFileSync(file('loss'), lines(0, 3));
    const { mark } = await read('loss');
    utimesSync(file('loss'), 1, 1);
    expect((await grown({ loss: mark })).loss).toMatchObject({ steps: [], rewritten: false });
  });

  test('that holds a line without a point says so', async () => {
    only('loss');
    writeFileSync(file('loss'), lines(0, 3));
    const { mark } = await read('loss');
    appendFileSync(file('loss'), `no point\n${line(3)}`);
    const notices: Notice[] = [];
    expect((await grown({ loss: mark }, notices)).loss?.steps).toEqual([3]);
    expect(notices).toMatchObject([{ kind: 'line-skipped', metric: 'loss' }]);
  });
});

describe('a metric file that is another one', () => {
  const others: Readonly<Record<string, () => void>> = {
    shrunk: () => truncateSync(file('loss'), 10),
    'written anew, and longer': () => writeFileSync(file('loss'), lines(100, 110)),
    'replaced by one that begins the same': () => {
      writeFileSync(place('new'), lines(0, 9));
      renameSync(place('new'), file('loss'));
    },
    gone: () => rmSync(file('loss')),
  };

  test.each(Object.entries(others))('(%s) is told of', async (_, change) => {
    only('loss');
    writeFileSync(file('loss'), lines(0, 3));
    const { mark } = await read('loss');
    change();
    expect((await grown({ loss: mark })).loss).toMatchObject({ steps: [], rewritten: true });
  });
});

test('a metric that is new comes whole', async () => {
  only('loss');
  await settled(place('metrics'));
  const { mark } = await read('loss');
  mkdirSync(place('metrics', 'val'));
  writeFileSync(file('val/loss'), lines(0, 4));
  const found = await grown({ loss: mark });
  expect(Object.keys(found)).toEqual(['val/loss']);
  expect(found['val/loss']?.steps).toEqual([0, 1, 2, 3]);
});

describe('the mark of artifacts', () => {
  const run = () => store.run(REF, silent());
  const mark = async () => store.artifactsRevision(REF, await run(), silent().signal);

  test('changes with each file that comes, changes or goes, and not with points', async () => {
    only('loss');
    const marks = [await mark()];
    writeFileSync(file('loss'), lines(0, 3));
    expect(await mark()).toBe(marks[0]);
    for (const change of [
      () => writeFileSync(place('artifacts', 'a.txt'), 'a'),
      () => writeFileSync(place('artifacts', 'a.txt'), 'ab'),
      () => rmSync(place('artifacts', 'a.txt')),
    ]) {
      change();
      marks.push(await mark());
    }
    expect(new Set(marks).size).toBe(3);
    expect(marks[3]).toBe(marks[0]);
  });

  test('is not to be had of files in another store', async () => {
    const elsewhere = { ...(await run()), artifactUri: 's3://bucket/run' };
    expect(await store.artifactsRevision(REF, elsewhere, silent().signal)).toBeUndefined();
  });
});
