import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ConvertError } from '../../src/errors.js';
import { FileStore } from '../../src/mlflow/file/file-store.js';
import type { ArtifactFile, Run, RunRef, StageContext } from '../../src/model.js';
import type { SoughtPart } from '../../src/outcome.js';
import { isStillUnread } from '../../src/run/still-unread.js';
import { NoticeList } from '../../src/run/task/notice-list.js';
import { id, newStore } from '../support/example-store.js';
import { temporaryDirectory } from '../support/temporary.js';

const RUN = id('a');
const REF: RunRef = { runId: RUN, experimentId: '1', locator: `1/${RUN}` };

/** Tells which histories and files are read. */
class WatchedStore extends FileStore {
  readonly read: string[] = [];
  broken: string | undefined;

  override async *openArtifact(ref: RunRef, run: Run, file: ArtifactFile, signal: AbortSignal) {
    this.read.push(file.path);
    if (file.path === this.broken) throw new ConvertError('skip-item', 'io-error', 'It cannot be read.');
    yield* super.openArtifact(ref, run, file, signal);
  }

  override async *history(ref: RunRef, key: string, context: StageContext) {
    this.read.push(key);
    yield* super.history(ref, key, context);
  }
}

/** A run with files on a disk of their own. */
function example() {
  const disk = join(temporaryDirectory(), 'disk');
  const files = join(disk, 'results', RUN, 'artifacts');
  const builder = newStore();
  const directory = builder.run('1', {
    runId: RUN,
    artifactUri: files,
    params: { lr: '1' },
    metrics: { loss: '1 0.5 0\n', acc: '1 0.5 0\n' },
  });
  mkdirSync(files, { recursive: true });
  for (const name of ['a.txt', 'b.txt']) writeFileSync(join(files, name), name);
  const store = new WatchedStore(builder.root);
  const isStill = async (...parts: SoughtPart[]) => {
    const header = new NoticeList(new AbortController().signal);
    return isStillUnread(parts, { ref: REF, run: await store.run(REF, header), header }, store);
  };
  return { disk, files, directory, store, isStill };
}

describe('whether a part can be read by now is told', () => {
  test('of all artifacts by the first of them', async () => {
    const { disk, files, store, isStill } = example();
    const artifacts: SoughtPart = { part: 'artifacts', reason: 'failed' };
    expect(await isStill(artifacts)).toBe(false);
    renameSync(disk, `${disk}-away`);
    expect(await isStill(artifacts)).toBe(true);
    mkdirSync(files, { recursive: true });
    expect(await isStill(artifacts)).toBe(false);
    expect(await isStill({ ...artifacts, empty: true })).toBe(true);
    expect(store.read).toEqual([]);
  });

  test('of one file by its first bytes, and by its being gone', async () => {
    const { disk, files, store, isStill } = example();
    store.broken = 'b.txt';
    const file: SoughtPart = { part: 'artifacts', item: 'b.txt' };
    expect(await isStill(file)).toBe(true);
    renameSync(disk, `${disk}-away`);
    expect(await isStill(file)).toBe(true);
    renameSync(`${disk}-away`, disk);
    rmSync(join(files, 'b.txt'));
    expect(await isStill(file)).toBe(false);
    expect(store.read).toEqual(['b.txt']);
  });

  test('of params by the header', async () => {
    const { directory, isStill } = example();
    const emptied = { part: 'params', empty: true } as const;
    expect([await isStill({ part: 'params' }), await isStill(emptied)]).toEqual([false, false]);
    rmSync(join(directory, 'params', 'lr'));
    expect([await isStill({ part: 'params' }), await isStill(emptied)]).toEqual([false, true]);
    rmSync(join(directory, 'params'), { recursive: true });
    writeFileSync(join(directory, 'params'), 'no directory');
    expect(await isStill({ part: 'params' })).toBe(true);
  });

  test('of a metric by its history, and of no other', async () => {
    const { directory, store, isStill } = example();
    expect(await isStill({ part: 'metrics', item: 'acc' })).toBe(false);
    expect(store.read).toEqual(['acc']);
    expect(await isStill({ part: 'metrics' })).toBe(false);
    rmSync(join(directory, 'metrics'), { recursive: true });
    expect(await isStill({ part: 'metrics', empty: true })).toBe(true);
  });

  test('of several, when one of them can be read', async () => {
    const { disk, isStill } = example();
    renameSync(disk, `${disk}-away`);
    expect(await isStill({ part: 'artifacts' }, { part: 'datasets', empty: true })).toBe(true);
    expect(await isStill({ part: 'artifacts' }, { part: 'params' })).toBe(false);
    expect(await isStill()).toBe(true);
  });
});
