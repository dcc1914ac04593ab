import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { unreachableArtifacts } from '../../../src/mlflow/artifacts/unreachable-artifacts.js';
import { FileStore } from '../../../src/mlflow/file/file-store.js';
import { fileFingerprint } from '../../../src/mlflow/local/file-fingerprint.js';
import type { ArtifactFile, Notice, Run, RunRef } from '../../../src/model.js';
import { collect, listening, never, silent } from '../../contract/tracking-store.js';
import { FileStoreBuilder } from '../../support/file-store-builder.js';

const RUN = 'a'.repeat(32);
const REF: RunRef = { runId: RUN, experimentId: '1', locator: `1/${RUN}` };

let builder: FileStoreBuilder;
let store: FileStore;
beforeEach(() => {
  builder = new FileStoreBuilder();
  store = new FileStore(builder.root);
});
afterEach(() => builder.remove());

async function list(
  ref = REF,
  from = store,
): Promise<{ run: Run; files: ArtifactFile[]; paths: string[]; notices: Notice[] }> {
  const notices: Notice[] = [];
  const run = await from.run(ref, silent());
  const files = await collect(from.artifacts(ref, run, listening(notices)));
  return { run, files, paths: files.map(({ path }) => path), notices };
}

function put(directory: string, name: string, text = 'x'): void {
  const file = join(directory, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

describe('where the files are', () => {
  test('in the store', async () => {
    builder.run('1', { runId: RUN, artifacts: { 'a.txt': 'abc' } });
    const { files, notices } = await list();
    const file = join(builder.root, '1', RUN, 'artifacts', 'a.txt');
    const version = fileFingerprint(statSync(file, { bigint: true }));
    expect(files).toEqual([{ path: 'a.txt', size: 3, version, uri: pathToFileURL(file).href }]);
    expect(notices).toEqual([]);
  });

  test.each([
    ['a path', (path: string) => path],
    ['a file: URI', (path: string) => pathToFileURL(path).href],
    ['a file: path', (path: string) => `file:${path}`],
  ])('elsewhere, named by %s, which wins over the store', async (_, toUri) => {
    const elsewhere = join(builder.parent, 'my files', 'x%20y', RUN, 'artifacts');
    put(elsewhere, 'real.txt');
    builder.run('1', {
      runId: RUN,
      artifactUri: toUri(elsewhere).replace('x%20y', toUri('/').startsWith('file:') ? 'x%2520y' : 'x%20y'),
      artifacts: { 'other.txt': '' },
    });
    const { files, notices } = await list();
    expect(files.map(({ path, uri }) => [path, fileURLToPath(uri)])).toEqual([
      ['real.txt', join(elsewhere, 'real.txt')],
    ]);
    expect(notices).toEqual([]);
  });

  test('relative to the directory that holds the store', async () => {
    put(join(builder.parent, 'out', RUN, 'artifacts'), 'a.txt');
    builder.run('1', { runId: RUN, artifactUri: `./out/${RUN}/artifacts` });
    expect(await list()).toMatchObject({ paths: ['a.txt'], notices: [] });
  });

  test.each([
    ['a path of where the store was', `/old/place/mlruns/1/${RUN}/artifacts`],
    ['a URI of where the store was', `file:///old/place/mlruns/1/${RUN}/artifacts`],
    ['a Windows path', `C:\\Users\\me\\mlruns\\1\\${RUN}\\artifacts`],
    ['a Windows URI', `file:///C:/Users/me/mlruns/1/${RUN}/artifacts`],
    ['a Windows URI with backslashes', `file:C:\\mlruns\\1\\${RUN}\\artifacts`],
    ['a share', `\\\\server\\mlruns\\1\\${RUN}\\artifacts`],
    ['another machine', `file://server/mlruns/1/${RUN}/artifacts`],
    ['a relative path', `./mlruns/1/${RUN}/artifacts`],
    ['a location that is gone', `/mnt/gone/${RUN}`],
  ])('in the store when the run names %s', async (_, artifactUri) => {
    builder.run('1', { runId: RUN, artifactUri, artifacts: { 'a.txt': '' } });
    expect(await list()).toMatchObject({ paths: ['a.txt'], notices: [] });
  });

  test('a moved store and a deleted experiment keep their files', async () => {
    builder.run('1', { runId: RUN, artifacts: { 'a.txt': '' } });
    const moved = join(builder.parent, 'moved');
    renameSync(builder.root, moved);
    mkdirSync(join(moved, '.trash'));
    renameSync(join(moved, '1'), join(moved, '.trash', '1'));
    const { paths, notices } = await list({ ...REF, locator: `.trash/1/${RUN}` }, new FileStore(moved));
    expect({ paths, notices }).toEqual({ paths: ['a.txt'], notices: [] });
  });

  test.each([
    ['moved', `/old/mlruns/1/${RUN}/artifacts`],
    ['Windows', `C:\\mlruns\\1\\${RUN}\\artifacts`],
  ])('an empty run of a store that was elsewhere (%s) is nothing to report', async (_, artifactUri) => {
    const directory = builder.run('1', { runId: RUN, artifactUri });
    expect(await list()).toMatchObject({ paths: [], notices: [] });
    rmSync(join(directory, 'artifacts'), { recursive: true });
    expect(await list()).toMatchObject({ paths: [], notices: [] });
  });

  test('a run without files, whose experiment keeps them elsewhere, is nothing to report', async () => {
    mkdirSync(join(builder.parent, 'elsewhere'));
    builder.run('1', { runId: RUN, artifactUri: join(builder.parent, 'elsewhere', RUN, 'artifacts') });
    expect(await list()).toMatchObject({ paths: [], notices: [] });
    rmSync(join(builder.parent, 'elsewhere'), { recursive: true });
    expect(await list()).toMatchObject({ notices: [{ kind: 'artifacts-unreachable' }] });
  });

  test.each([
    ['/mnt/gone/project', 'The artifact location does not exist, or is not accessible.', 'missing'],
    ['file://server/share/x', 'The artifact location names the machine server.', 'missing'],
    ['D:\\artifacts\\x', 'The artifact location is a Windows path.', 'missing'],
    [
      'sftp://host/1/x/artifacts',
      'Files at sftp: locations are read through a tracking server: give its URL as the tracking URI.',
      'no-access',
    ],
    [
      `mlflow-artifacts:/1/${RUN}/artifacts`,
      'Files at mlflow-artifacts: locations lie behind a tracking server: give its URL as the tracking URI, or --artifacts-destination, which is where it keeps them.',
      'no-access',
    ],
  ])('%s is reported', async (artifactUri, detail, reason) => {
    builder.run('1', { runId: RUN, artifactUri });
    const { paths, notices } = await list();
    expect(paths).toEqual([]);
    expect(notices).toEqual([{ kind: 'artifacts-unreachable', uri: artifactUri, detail, reason }]);
  });

  test('beside a location that cannot be reached from here, what lies in the store is all', async () => {
    builder.run('1', { runId: RUN, artifactUri: 'ftp://key:secret@host/x', artifacts: { 'a.txt': 'abc' } });
    const { run, files, notices } = await list();
    expect(files).toMatchObject([{ path: 'a.txt', size: 3 }]);
    expect(Buffer.concat(await collect(store.openArtifact(REF, run, files[0]!, never()))).toString()).toBe('abc');
    expect(notices).toEqual([]);
  });

  test('beside a location that fails at this moment, what lies in the store is taken, and the rest reported', async () => {
    builder.run('1', { runId: RUN, artifactUri: `s3://bucket/${RUN}/artifacts`, artifacts: { 'a.txt': 'abc' } });
    const remoteArtifacts = {
      at: () => unreachableArtifacts('s3://bucket/x', 'It could not be reached.', 'failed'),
      close: async () => {},
    };
    const { paths, notices } = await list(REF, new FileStore(builder.root, { remoteArtifacts }));
    expect(paths).toEqual(['a.txt']);
    expect(notices).toMatchObject([
      { kind: 'artifacts-unreachable', reason: 'failed', detail: expect.stringContaining('Only what lies in') },
    ]);
  });
});

describe('walking', () => {
  test('names of every kind, sorted by path', async () => {
    const names = [
      'a-b',
      'a.txt',
      'a/b',
      'a/b.txt/c',
      'a0',
      '.hidden',
      '100%',
      '#1?',
      'back\\slash',
      'new\nline',
      'ü 实验 🚀',
      'percent%20',
    ];
    builder.run('1', {
      runId: RUN,
      artifacts: Object.fromEntries(names.filter((name) => name !== 'a/b').map((name) => [name, name])),
    });
    const { run, files, paths } = await list();
    expect(paths).toEqual(names.filter((name) => name !== 'a/b').sort());
    for (const file of files) {
      const bytes = await collect(store.openArtifact(REF, run, file, never()));
      expect(Buffer.concat(bytes).toString()).toBe(file.path);
      expect(fileURLToPath(file.uri)).toBe(join(builder.root, '1', RUN, 'artifacts', file.path));
    }
  });

  test('links are followed with --copy-links, but never in circles', async () => {
    const artifacts = join(builder.run('1', { runId: RUN, artifacts: { 'd/a.txt': 'abc' } }), 'artifacts');
    const outside = join(builder.parent, 'outside');
    put(outside, 'in/b.txt');
    symlinkSync(join(artifacts, 'd', 'a.txt'), join(artifacts, 'file-link'));
    symlinkSync(outside, join(artifacts, 'link'));
    symlinkSync(artifacts, join(outside, 'in', 'back'));
    symlinkSync('.', join(artifacts, 'd', 'self'));
    symlinkSync('nowhere', join(artifacts, 'dangling'));
    const { paths, notices } = await list(REF, new FileStore(builder.root, { copyLinks: true }));
    expect(paths).toEqual(['d/a.txt', 'file-link', 'link/in/b.txt']);
    expect(notices).toMatchObject([
      { kind: 'artifact-skipped', path: 'd/self', reason: 'unreadable', detail: expect.stringContaining('back') },
      { kind: 'artifact-skipped', path: 'dangling', reason: 'unreadable' },
      { kind: 'artifact-skipped', path: 'link/in/back', reason: 'unreadable' },
    ]);
  });
});

describe('bytes', () => {
  test('small files are one chunk, larger ones several of at most 256 KiB', async () => {
    const content = Buffer.from(Array.from({ length: 1_000_003 }, (_, at) => at % 251));
    builder.run('1', { runId: RUN, artifacts: { large: content, small: 'abc', empty: '' } });
    const { run, files } = await list();
    const chunks = new Map<string, Uint8Array[]>();
    for (const file of files) chunks.set(file.path, await collect(store.openArtifact(REF, run, file, never())));
    expect(Buffer.concat(chunks.get('large')!).equals(content)).toBe(true);
    expect(Math.max(...chunks.get('large')!.map(({ length }) => length))).toBeLessThanOrEqual(256 * 1024);
    expect(chunks.get('small')).toHaveLength(1);
    expect(chunks.get('empty')).toEqual([]);
  });

  test('are read only as they are taken', async () => {
    builder.run('1', { runId: RUN, artifacts: { large: Buffer.alloc(2_000_000, 1) } });
    const { run, files } = await list();
    const reading = store.openArtifact(REF, run, files[0]!, never());
    await reading.next();
    truncateSync(fileURLToPath(files[0]!.uri), 300_000);
    const rest = await collect(reading);
    expect(Buffer.concat(rest).length).toBeLessThanOrEqual(300_000);
  });

  test('of a path that leads outside are refused', async () => {
    builder.run('1', { runId: RUN, artifacts: { a: '' } });
    const { run, files } = await list();
    for (const path of ['../meta.yaml', 'a/../../meta.yaml', '', '/etc/passwd', 'a//b']) {
      await expect(collect(store.openArtifact(REF, run, { ...files[0]!, path }, never()))).rejects.toMatchObject({
        kind: 'skip-item',
      });
    }
  });

  test('of a directory, or below a file, are refused', async () => {
    builder.run('1', { runId: RUN, artifacts: { 'd/a': '' } });
    const { run, files } = await list();
    for (const path of ['d', 'd/a/b']) {
      await expect(collect(store.openArtifact(REF, run, { ...files[0]!, path }, never()))).rejects.toMatchObject({
        kind: 'skip-item',
      });
    }
  });
});
