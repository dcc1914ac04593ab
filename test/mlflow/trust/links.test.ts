import { mkdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Warning } from '../../../src/events.js';
import { unreadPart, unreadParts } from '../../../src/mapping/unread-parts.js';
import { FileStore } from '../../../src/mlflow/file/file-store.js';
import { openStore } from '../../../src/mlflow/open-store.js';
import type { Notice, RunRef } from '../../../src/model.js';
import { collect, listening, never } from '../../contract/tracking-store.js';
import { FileStoreBuilder } from '../../support/file-store-builder.js';
import { SqliteStoreBuilder } from '../../support/sqlite-store-builder.js';
import { temporaryDirectory } from '../../support/temporary.js';

const RUN = 'a'.repeat(32);
const REF: RunRef = { runId: RUN, experimentId: '1', locator: `1/${RUN}` };

let store: FileStoreBuilder;
let run: string;
/** A directory that is none of the run's. */
let outside: string;
beforeEach(() => {
  store = new FileStoreBuilder();
  run = store.run('1', { runId: RUN, params: { own: '1' }, tags: { own: '1' }, metrics: { own: '1 1 0\n' } });
  outside = temporaryDirectory();
  writeFileSync(join(outside, 'secret.txt'), '1 2 0\n');
});
afterEach(() => store.remove());

/** All that is read of the run, and what is told. */
async function readAll(copyLinks: boolean, root = store.root) {
  const source = new FileStore(root, { copyLinks });
  const notices: Notice[] = [];
  const context = listening(notices);
  const record = await source.run(REF, context);
  const files = await collect(source.artifacts(REF, record, context));
  for (const file of files) await collect(source.openArtifact(REF, record, file, never()));
  const [model] = record.models;
  return {
    params: [...record.params.keys()],
    tags: [...record.tags.keys()],
    metrics: (await source.metricKeys(REF, context)).sort(),
    models: model === undefined ? [] : [...model.params.keys()],
    artifacts: files.map(({ path }) => path),
    notices,
  };
}

describe('a link out of the run', () => {
  test.each(['params', 'tags', 'metrics'] as const)('among its %s is read with --copy-links only', async (part) => {
    symlinkSync(join(outside, 'secret.txt'), join(run, part, 'secret'));
    expect((await readAll(true))[part]).toEqual(['own', 'secret']);
    const found = await readAll(false);
    expect(found[part]).toEqual(['own']);
    const unread = { part, item: 'secret' };
    expect(found.notices).toEqual([
      {
        kind: 'field-unreadable',
        field: `${part}/secret`,
        file: join(run, part, 'secret'),
        detail: `${join(run, part, 'secret')} is a link that leads out of the run, to ${join(outside, 'secret.txt')}, and was not followed; --copy-links follows it.`,
        unread,
        refused: true,
      },
    ]);
    expect(found.notices.map(unreadPart)).toMatchObject([{ ...unread, reason: 'refused' }]); // Aim keeps what it has
    expect(unreadParts(found.notices)).toEqual([]); // and the run is not incomplete
  });

  test.each(['params', 'tags', 'metrics'] as const)(
    'that is its %s is followed with --copy-links only',
    async (part) => {
      mkdirSync(join(outside, part));
      writeFileSync(join(outside, part, 'secret'), '1 2 0\n');
      const other = store.run('1', { runId: 'b'.repeat(32) });
      rmdirSync(join(other, part));
      symlinkSync(join(outside, part), join(other, part));
      const ref = { ...REF, runId: 'b'.repeat(32), locator: `1/${'b'.repeat(32)}` };
      const read = async (copyLinks: boolean) => {
        const source = new FileStore(store.root, { copyLinks });
        const notices: Notice[] = [];
        const record = await source.run(ref, listening(notices));
        const keys = part === 'metrics' ? await source.metricKeys(ref, listening(notices)) : [...record[part].keys()];
        return { keys, told: notices.map(unreadPart) };
      };
      expect(await read(true)).toEqual({ keys: ['secret'], told: [] });
      expect(await read(false)).toMatchObject({ keys: [], told: [{ part, reason: 'refused' }] });
    },
  );

  test.each([
    ['a file', 'secret.txt', 'link.txt'],
    ['a directory', '', 'link.txt/secret.txt'],
  ])('among its artifacts, to %s, is followed with --copy-links only', async (_, target, path) => {
    symlinkSync(join(outside, target), join(run, 'artifacts', 'link.txt'));
    expect((await readAll(true)).artifacts).toEqual([path]);
    const { artifacts, notices } = await readAll(false);
    expect(artifacts).toEqual([]);
    const detail = expect.stringContaining('--copy-links follows it');
    expect(notices).toEqual([{ kind: 'artifact-skipped', path: 'link.txt', reason: 'link-outside', detail }]);
    expect(notices.map(unreadPart)).toMatchObject([{ part: 'artifacts', item: 'link.txt', reason: 'refused' }]);
    expect(unreadParts(notices)).toEqual([]);
  });

  test('to another run is one too', async () => {
    const other = store.run('1', { runId: 'b'.repeat(32), artifacts: { 'a.txt': 'x' } });
    symlinkSync(join(other, 'artifacts', 'a.txt'), join(run, 'artifacts', 'a.txt'));
    expect(await readAll(false)).toMatchObject({ artifacts: [], notices: [{ reason: 'link-outside' }] });
  });

  test('behind one within the run is one too', async () => {
    symlinkSync(outside, join(run, 'artifacts', 'a'));
    symlinkSync('a', join(run, 'artifacts', 'b'));
    symlinkSync('../artifacts/b/secret.txt', join(run, 'artifacts', 'c.txt'));
    const { artifacts, notices } = await readAll(false);
    expect(artifacts).toEqual([]);
    expect(notices.map((notice) => 'reason' in notice && notice.reason)).toEqual(Array(3).fill('link-outside'));
  });

  test('among the params of its models is read with --copy-links only', async () => {
    store.run('1', { runId: RUN, models: [{ id: 'm-1', name: 'm', step: 0, params: { own: '1' } }] });
    symlinkSync(join(outside, 'secret.txt'), join(store.root, '1', 'models', 'm-1', 'params', 'secret'));
    expect((await readAll(true)).models).toEqual(['own', 'secret']);
    const { models, notices } = await readAll(false);
    expect(models).toEqual(['own']);
    expect(notices).toMatchObject([{ field: 'models/m-1/params/secret', refused: true }]);
  });

  test('among the tags of an experiment is read with --copy-links only', async () => {
    const tag = join(store.root, '1', 'tags', 'mlflow.note.content');
    mkdirSync(join(store.root, '1', 'tags'), { recursive: true });
    symlinkSync(join(outside, 'secret.txt'), tag);
    const warnings: string[] = [];
    const warn = ({ message }: Warning) => void warnings.push(message);
    const tags = async (copyLinks: boolean) =>
      (await collect(new FileStore(store.root, { copyLinks, warn }).experiments(never())))[0]?.tags.size;
    expect([await tags(true), await tags(false)]).toEqual([1, 0]);
    expect(warnings).toEqual([expect.stringContaining('--copy-links follows it')]);
  });

  test('says nothing to the mark of the run of what lies behind it', async () => {
    symlinkSync(join(outside, 'secret.txt'), join(run, 'artifacts', 'link.txt'));
    const mark = () => new FileStore(store.root).artifactsRevision(REF, RECORD, never());
    const before = await mark();
    writeFileSync(join(outside, 'secret.txt'), 'other');
    expect(await mark()).toBe(before);
  });

  test('in a directory that a database names is followed with --copy-links only', async () => {
    const database = new SqliteStoreBuilder();
    database.experiment({ id: 1, name: 'e' });
    database.run(1, { runId: RUN, artifacts: { 'a.txt': 'x' } });
    symlinkSync(join(outside, 'secret.txt'), join(database.directory, 'mlruns', '1', RUN, 'artifacts', 'b.txt'));
    const paths = async (copyLinks: boolean) => {
      const source = openStore(database.uri, { copyLinks });
      const record = await source.run({ ...REF, locator: '' }, listening([]));
      const files = await collect(source.artifacts({ ...REF, locator: '' }, record, listening([])));
      await source.close();
      return files.map(({ path }) => path);
    };
    expect([await paths(true), await paths(false)]).toEqual([['a.txt', 'b.txt'], ['a.txt']]);
    database.remove();
  });
});

const RECORD = {
  id: RUN,
  experimentId: '1',
  status: 'FINISHED',
  lifecycleStage: 'active',
  params: new Map(),
  tags: new Map(),
  datasets: [],
  models: [],
} as const;

test('links within the run are followed', async () => {
  writeFileSync(join(run, 'artifacts', 'a.txt'), 'a');
  mkdirSync(join(run, 'artifacts', 'deep'));
  symlinkSync('../a.txt', join(run, 'artifacts', 'deep', 'b.txt'));
  symlinkSync(join(run, 'artifacts', 'deep'), join(run, 'artifacts', 'e'));
  symlinkSync('../params/own', join(run, 'artifacts', 'param.txt'));
  symlinkSync('own', join(run, 'params', 'same'));
  symlinkSync('../params/own', join(run, 'tags', 'param'));
  expect(await readAll(false)).toMatchObject({
    params: ['own', 'same'],
    tags: ['own', 'param'],
    artifacts: ['a.txt', 'deep/b.txt', 'e/b.txt', 'param.txt'],
    notices: [],
  });
});

test('links within artifacts that lie elsewhere, behind a link of the layout, are followed', async () => {
  const artifacts = join(outside, RUN, 'artifacts');
  mkdirSync(artifacts, { recursive: true });
  writeFileSync(join(artifacts, 'a.txt'), 'a');
  symlinkSync('a.txt', join(artifacts, 'b.txt'));
  symlinkSync('../../secret.txt', join(artifacts, 'c.txt'));
  rmdirSync(join(run, 'artifacts'));
  symlinkSync(artifacts, join(run, 'artifacts'));
  const { artifacts: paths, notices } = await readAll(false);
  expect(paths).toEqual(['a.txt', 'b.txt']);
  expect(notices).toMatchObject([{ path: 'c.txt', reason: 'link-outside' }]);
});
