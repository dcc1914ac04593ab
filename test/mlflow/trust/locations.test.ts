import { mkdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ArtifactOpener, ArtifactRepository } from '../../../src/mlflow/artifacts/artifact-repository.js';
import { openArtifacts } from '../../../src/mlflow/artifacts/open-artifacts.js';
import { unreachableArtifacts } from '../../../src/mlflow/artifacts/unreachable-artifacts.js';
import { openStore } from '../../../src/mlflow/open-store.js';
import { TrustedLocations } from '../../../src/mlflow/trust/locations.js';
import { isLoopback } from '../../../src/mlflow/trust/origins.js';
import type { ArtifactFile, Notice } from '../../../src/model.js';
import type { SourceOptions } from '../../../src/options.js';
import { collect, listening, never, silent } from '../../contract/tracking-store.js';
import { FileStoreBuilder } from '../../support/file-store-builder.js';
import { SqliteStoreBuilder } from '../../support/sqlite-store-builder.js';
import { temporaryDirectory } from '../../support/temporary.js';

const RUN = 'a'.repeat(32);

/** Directories that have nothing to do with any source. */
let elsewhere: string;
const toRemove: { remove(): void }[] = [];
beforeEach(() => {
  elsewhere = temporaryDirectory();
});
afterEach(() => {
  for (const store of toRemove.splice(0)) store.remove();
});

/** Puts a file into a directory, and returns the directory. */
function filled(...path: string[]): string {
  const directory = join(...path);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'here.txt'), 'here');
  return directory;
}

type Options = Partial<SourceOptions>;

interface Teller {
  /** Where its own runs lie. */
  readonly store: string;
  /** What comes of a run whose files are said to lie there; each file is read. */
  look(uri: string, options?: Options): Promise<{ texts: string[]; notices: Notice[] }>;
}

async function contents(files: ArtifactFile[], open: (file: ArtifactFile) => AsyncIterable<Uint8Array>) {
  const texts: string[] = [];
  for (const file of files) texts.push(Buffer.concat(await collect(open(file))).toString());
  return texts;
}

/** A file store in a directory, or a database beside one. */
function storeTeller(tracking: string, store: string, add: (uri: string) => void, ref: object): Teller {
  return {
    store,
    async look(uri, options = {}) {
      add(uri);
      const opened = openStore(tracking, { concurrency: 1, ...options });
      const notices: Notice[] = [];
      const one = { runId: RUN, experimentId: '1', locator: '', ...ref };
      const run = await opened.run(one, silent());
      const files = await collect(opened.artifacts(one, run, listening(notices)));
      const texts = await contents(files, (file) => opened.openArtifact(one, run, file, never()));
      await opened.close();
      return { texts, notices };
    },
  };
}

function fileStore(): Teller {
  const store = new FileStoreBuilder();
  toRemove.push(store);
  const add = (artifactUri: string) => void store.run('1', { runId: RUN, artifactUri });
  return storeTeller(store.root, store.root, add, { locator: `1/${RUN}` });
}

function database(): Teller {
  const store = new SqliteStoreBuilder();
  toRemove.push(store);
  store.experiment({ id: 1, name: 'e' });
  const add = (artifactUri: string) => void store.run(1, { runId: RUN, artifactUri });
  return storeTeller(`sqlite:///${store.file}`, join(store.directory, 'mlruns'), add, {});
}

/** A tracking server, as far as artifacts go: it gives its files, none, or cannot. */
function server(serverIsHere: boolean, gives: 'its files' | 'none' | 'trouble' = 'trouble'): Teller {
  const repository: ArtifactRepository =
    gives === 'trouble'
      ? unreachableArtifacts('runs:/x', 'The server has no access.', 'failed')
      : {
          async *list() {
            if (gives === 'its files') yield { path: 'told.txt', size: 4, uri: 'runs:/x/told.txt' };
          },
          async *open() {
            yield Buffer.from('told');
          },
        };
  const opener: ArtifactOpener = { at: () => repository, close: async () => {} };
  return {
    store: elsewhere,
    async look(uri, options = {}) {
      const artifacts = openArtifacts({ concurrency: 1, ...options, server: opener, serverIsHere }).at(RUN, uri);
      const notices: Notice[] = [];
      const files = await collect(artifacts.list(listening(notices)));
      return { texts: await contents(files, (file) => artifacts.open(file, never())), notices };
    },
  };
}

const TELLERS = {
  'a file store': fileStore,
  'a database': database,
  'a server on this machine': () => server(true),
  'another server': () => server(false),
};
type Name = keyof typeof TELLERS;

/** How a directory comes to be, and what becomes of it by who tells of it: docs/trust.md. */
const DIRECTORIES: readonly (readonly [string, (teller: Teller) => string, Readonly<Record<Name, boolean>>])[] = [
  [
    'of the shape',
    () => filled(elsewhere, '7', RUN, 'artifacts'),
    { 'a file store': true, 'a database': true, 'a server on this machine': true, 'another server': false },
  ],
  [
    'of the shape behind a link',
    () => {
      filled(elsewhere, 'disk', RUN, 'artifacts');
      symlinkSync(join(elsewhere, 'disk'), join(elsewhere, 'link'));
      return join(elsewhere, 'link', RUN, 'artifacts');
    },
    { 'a file store': true, 'a database': true, 'a server on this machine': true, 'another server': false },
  ],
  [
    'in the store',
    ({ store }) => filled(store, 'shared', 'files'),
    { 'a file store': true, 'a database': true, 'a server on this machine': false, 'another server': false },
  ],
  [
    'of no shape',
    () => filled(elsewhere, 'home', 'me'),
    { 'a file store': false, 'a database': false, 'a server on this machine': false, 'another server': false },
  ],
  [
    'of the shape of another run',
    () => filled(elsewhere, '7', 'b'.repeat(32), 'artifacts'),
    { 'a file store': false, 'a database': false, 'a server on this machine': false, 'another server': false },
  ],
  [
    'of the shape only until .. is resolved',
    () => {
      filled(elsewhere, 'home');
      mkdirSync(join(elsewhere, RUN, 'artifacts'), { recursive: true });
      return `${elsewhere}/${RUN}/artifacts/../../home`;
    },
    { 'a file store': false, 'a database': false, 'a server on this machine': false, 'another server': false },
  ],
  [
    'of the shape only until links are resolved',
    () => {
      mkdirSync(join(elsewhere, RUN));
      symlinkSync(filled(elsewhere, 'home'), join(elsewhere, RUN, 'artifacts'));
      return join(elsewhere, RUN, 'artifacts');
    },
    { 'a file store': false, 'a database': false, 'a server on this machine': false, 'another server': false },
  ],
];

describe.each(Object.keys(TELLERS) as Name[])('a directory that is told by %s', (name) => {
  test.each(DIRECTORIES)('and is %s', async (_, make, followed) => {
    const teller = TELLERS[name]();
    const directory = make(teller);
    const plain = await teller.look(directory);
    if (followed[name]) expect(plain).toEqual({ texts: ['here'], notices: [] });
    else {
      expect(plain.texts).toEqual([]);
      const detail = expect.stringMatching(/--allow-root file:\/\/\S+ /);
      expect(plain.notices).toMatchObject([{ kind: 'artifacts-unreachable', reason: 'refused', detail }]);
    }
  });

  test.each([
    ['a root that the user named', (root: string): Options => ({ allowRoots: ['/nowhere', root] })],
    ['a root named as a URI', (root: string): Options => ({ allowRoots: [`${pathToFileURL(root).href}/`] })],
    ['a root named from here', (root: string): Options => ({ allowRoots: [relative('.', root)] })],
    ['the artifacts destination', (root: string): Options => ({ artifactsDestination: root })],
  ])('and lies below %s', async (_, options) => {
    const directory = filled(elsewhere, 'home', 'me');
    const teller = TELLERS[name]();
    expect(await teller.look(directory, options(dirname(directory)))).toEqual({ texts: ['here'], notices: [] });
    expect((await TELLERS[name]().look(directory, options(join(elsewhere, 'hom')))).texts).toEqual([]);
  });
});

describe('what a server tells is asked of it first', () => {
  test.each([true, false])('(on this machine: %s)', async (isHere) => {
    for (const directory of [filled(elsewhere, '7', RUN, 'artifacts'), filled(elsewhere, 'home')]) {
      expect(await server(isHere, 'its files').look(directory)).toEqual({ texts: ['told'], notices: [] });
    }
  });

  test('and taken from this machine where it has nothing', async () => {
    const directory = filled(elsewhere, '7', RUN, 'artifacts');
    expect(await server(true, 'none').look(directory)).toEqual({ texts: ['here'], notices: [] });
    expect(await server(false, 'none').look(directory)).toEqual({ texts: [], notices: [] });
  });
});

describe('the layout of a file store may be links', () => {
  const list = async (store: FileStoreBuilder, runId = RUN) => {
    const opened = openStore(store.root);
    const ref = { runId, experimentId: '1', locator: `1/${runId}` };
    const notices: Notice[] = [];
    const run = await opened.run(ref, listening(notices));
    const files = await collect(opened.artifacts(ref, run, listening(notices)));
    return { params: [...run.params.values()], paths: files.map(({ path }) => path), notices };
  };
  const build = () => {
    const store = new FileStoreBuilder();
    toRemove.push(store);
    return store;
  };

  test('a run, under another name', async () => {
    const store = build();
    store.experiment({ id: '1' });
    const other = new FileStoreBuilder();
    toRemove.push(other);
    const run = other.run('1', { runId: RUN, params: { p: '1' }, artifacts: { 'a.txt': '' } });
    const moved = join(elsewhere, 'moved-run');
    symlinkSync(run, moved);
    symlinkSync(moved, join(store.root, '1', RUN));
    expect(await list(store)).toEqual({ params: ['1'], paths: ['a.txt'], notices: [] });
  });

  test('artifacts, to what has the shape or lies in the store; nothing else', async () => {
    const targets: [string, string[]][] = [
      [filled(elsewhere, RUN, 'artifacts'), ['here.txt']],
      [filled(elsewhere, 'other'), []],
    ];
    for (const [target, paths] of targets) {
      const store = build();
      const run = store.run('1', { runId: RUN });
      rmdirSync(join(run, 'artifacts'));
      symlinkSync(target, join(run, 'artifacts'));
      const found = await list(store);
      expect(found.paths).toEqual(paths);
      expect(found.notices).toMatchObject(paths.length > 0 ? [] : [{ reason: 'refused' }]);
    }
  });

  test('artifacts, to what is not there: told, not taken for a run without files', async () => {
    const store = build();
    const run = store.run('1', { runId: RUN });
    rmdirSync(join(run, 'artifacts'));
    symlinkSync(join(elsewhere, 'unmounted', RUN, 'artifacts'), join(run, 'artifacts'));
    expect((await list(store)).notices).toMatchObject([{ kind: 'artifacts-unreachable', reason: 'missing' }]);
  });

  test('a run may have any name as its id', async () => {
    const store = build();
    const runId = 'baseline-2';
    store.run('1', { runId, artifactUri: filled(elsewhere, runId, 'artifacts') });
    expect((await list(store, runId)).paths).toEqual(['here.txt']);
  });
});

describe('a place in an object store', () => {
  const locations = new TrustedLocations({ allowRoots: ['s3://named/team/', 'gs://whole'] });
  test.each([
    [{ base: 's3://b/', path: `1/${RUN}/artifacts` }, true],
    [{ base: 's3://b/', path: `1/${RUN}/artifacts/` }, true],
    [{ base: 's3://b/', path: `${RUN}/artifacts` }, true],
    [{ base: 's3://named/', path: 'team/x' }, true],
    [{ base: 's3://named/', path: 'team' }, true],
    [{ base: 'gs://whole/', path: '' }, true],
    [{ base: 's3://named/', path: 'teams/x' }, false],
    [{ base: 's3://named/', path: 'team/../x' }, false],
    [{ base: 'r2://named/', path: 'team/x' }, false],
    [{ base: 's3://b/', path: '' }, false],
    [{ base: 's3://b/', path: 'private' }, false],
    [{ base: 's3://b/', path: `1/${RUN}` }, false],
    [{ base: 's3://b/', path: `1/${RUN}/artifacts/..` }, false],
    [{ base: 's3://b/', path: `1/${'b'.repeat(32)}/artifacts` }, false],
  ])('%j is followed: %s', (location, followed) => {
    expect(locations.followsObjects(location, RUN)).toBe(followed);
  });

  test('is that of a run only if its id is none that anybody could choose', () => {
    const place = { base: 's3://b/', path: 'home/artifacts' };
    expect(locations.followsObjects(place, 'home')).toBe(false);
    expect(new TrustedLocations({ idsAreNames: true }).followsObjects(place, 'home')).toBe(true);
  });

  test.each(['s3://private/x', 'gs://private/x', 'wasbs://c@account.blob.core.windows.net/x'])(
    '%s is asked of the server that told of it, and of nobody else',
    async (uri) => {
      expect(await server(false, 'its files').look(uri)).toEqual({ texts: ['told'], notices: [] });
      const detail = expect.stringContaining(`--allow-root ${uri} `);
      for (const teller of [fileStore(), database(), server(true)]) {
        expect((await teller.look(uri)).notices).toMatchObject([{ reason: 'refused', detail }]);
      }
    },
  );
});

test.each([
  ['http://localhost:5000', true],
  ['http://127.0.0.1', true],
  ['http://127.8.0.1:1', true],
  ['https://[::1]:5000', true],
  ['http://localhost.example.org', false],
  ['http://127.0.0.1.example.org', false],
  ['http://10.0.0.1:5000', false],
])('%s is this machine: %s', (url, isHere) => expect(isLoopback(url)).toBe(isHere));
