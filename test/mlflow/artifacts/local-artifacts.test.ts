import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ArtifactOpener } from '../../../src/mlflow/artifacts/artifact-repository.js';
import { type ArtifactSettings, openArtifacts } from '../../../src/mlflow/artifacts/open-artifacts.js';
import type { Notice } from '../../../src/model.js';
import { collect, listening, never } from '../../contract/tracking-store.js';
import { temporaryDirectory } from '../../support/temporary.js';

const RUN = 'a'.repeat(32);

/** The directory of a database. */
let root: string;
beforeEach(() => {
  root = temporaryDirectory();
});

function put(...path: string[]): string {
  const file = join(root, ...path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, file);
  return dirname(file);
}

/** The paths of the files at a location and what is told about it; each file is read. */
async function look(uri: string | undefined, settings: Partial<ArtifactSettings> = {}) {
  const repository = openArtifacts({ root, concurrency: 2, ...settings }).at(RUN, uri);
  const notices: Notice[] = [];
  const files = await collect(repository.list(listening(notices)));
  for (const file of files) {
    const text = Buffer.concat(await collect(repository.open(file, never()))).toString();
    expect(pathToFileURL(text).href).toBe(file.uri);
  }
  return { paths: files.map(({ path }) => path), notices };
}

describe('a location on this machine', () => {
  test.each([
    ['an absolute path', (path: string) => path],
    ['a file: URI', (path: string) => pathToFileURL(path).href],
    ['a path from where the database lies', (path: string) => `./${relative(root, path)}`],
    ['a path from the working directory', (path: string) => relative('.', path)],
    ['a path of where the database was', () => `/old/mlruns/1/${RUN}/artifacts`],
    ['a Windows path of where the database was', () => `C:\\old\\mlruns\\1\\${RUN}\\artifacts`],
  ])('named by %s', async (_, toUri) => {
    const directory = put('mlruns', '1', RUN, 'artifacts', 'a b', '100%.txt');
    const { paths, notices } = await look(toUri(dirname(directory)));
    expect({ paths, notices }).toEqual({ paths: ['a b/100%.txt'], notices: [] });
  });

  test('that is gone, below a directory the user names', async () => {
    put('elsewhere', '1', RUN, 'artifacts', 'a.txt');
    const settings = { artifactsDestination: join(root, 'elsewhere') };
    expect(await look(`/old/1/${RUN}/artifacts`, settings)).toEqual({ paths: ['a.txt'], notices: [] });
  });

  test('beside the database, where MLflow has not logged any file yet, holds nothing', async () => {
    expect(await look(join(root, 'mlruns', '1', RUN, 'artifacts'))).toEqual({ paths: [], notices: [] });
    expect((await look(`./mlruns/1/${RUN}/artifacts`)).notices).toHaveLength(1); // from where, nobody knows
    expect((await look(`${root}-old/mlruns/1/${RUN}/artifacts`)).notices).toHaveLength(1);
  });

  test('that MLflow has not made yet holds nothing', async () => {
    mkdirSync(join(root, 'mlruns'));
    expect(await look(join(root, 'mlruns', '1', RUN, 'artifacts'))).toEqual({ paths: [], notices: [] });
    expect(await look(`/old/mlruns/1/${RUN}/artifacts`)).toEqual({ paths: [], notices: [] });
  });

  test.each([
    [`/old/mlruns/1/${RUN}/artifacts`, 'The artifact location does not exist, or is not accessible.'],
    [`file://server/share/${RUN}/artifacts`, 'The artifact location names the machine server.'],
    ['D:\\artifacts', 'The artifact location is a Windows path.'],
  ])('%s that is nowhere is told', async (uri, detail) => {
    expect(await look(uri)).toEqual({
      paths: [],
      notices: [{ kind: 'artifacts-unreachable', uri, detail, reason: 'missing' }],
    });
  });

  test('none at all', async () => {
    expect(await look(undefined)).toEqual({ paths: [], notices: [] });
  });
});

describe('behind a tracking server', () => {
  const uris = [
    `mlflow-artifacts:/1/${RUN}/artifacts`,
    `mlflow-artifacts://host:5000/1/${RUN}/artifacts`,
    `http://user:secret@host:5000/api/2.0/mlflow-artifacts/artifacts/1/${RUN}/artifacts`,
  ];

  test.each(uris)('%s is found below the destination', async (uri) => {
    put('destination', '1', RUN, 'artifacts', 'a.txt');
    const directory = join(root, 'destination');
    for (const artifactsDestination of [directory, pathToFileURL(directory).href, relative('.', directory)]) {
      expect(await look(uri, { artifactsDestination })).toEqual({ paths: ['a.txt'], notices: [] });
    }
  });

  test('a run that has no files there', async () => {
    put('destination', '1', 'other', 'a.txt');
    const artifactsDestination = join(root, 'destination');
    expect(await look(uris[0], { artifactsDestination })).toEqual({ paths: [], notices: [] });
  });

  test('a destination that holds nothing of the experiment may be a wrong one, which is told', async () => {
    put('destination', 'mlartifacts', '1', RUN, 'artifacts', 'a.txt');
    const { paths, notices } = await look(uris[0], { artifactsDestination: join(root, 'destination') });
    expect(paths).toEqual([]);
    expect(notices).toMatchObject([
      { detail: expect.stringContaining(`there is no ${join(root, 'destination', '1')}.`) },
    ]);
  });

  test('a destination that is not there is told', async () => {
    const { notices } = await look(uris[0], { artifactsDestination: join(root, 'missing') });
    expect(notices).toMatchObject([{ kind: 'artifacts-unreachable', uri: uris[0] }]);
    expect(notices).toMatchObject([{ detail: expect.stringContaining('missing is no directory') }]);
  });

  test.each(uris)('without a destination, %s is told with the flag that helps', async (uri) => {
    const { paths, notices } = await look(uri);
    expect(paths).toEqual([]);
    expect(notices).toMatchObject([{ detail: expect.stringContaining('--artifacts-destination') }]);
    expect(JSON.stringify(notices)).not.toContain('secret');
  });

  test.each(['mlflow-artifacts:/../etc', 'http://host/files'])('%s has no place below it', async (uri) => {
    const { notices } = await look(uri, { artifactsDestination: root });
    expect(notices).toHaveLength(1);
  });
});

describe('locations for which there is no client here', () => {
  const uris = ['sftp://me:secret@host/x', 'ftp://host/x', 'hdfs://host/x', 'viewfs:/x', 'dbfs:/x', 'plugin://x'];

  test.each(uris)('%s is told', async (uri) => {
    const { paths, notices } = await look(uri);
    expect(paths).toEqual([]);
    expect(notices).toMatchObject([{ detail: expect.stringContaining('through a tracking server') }]);
    expect(JSON.stringify(notices)).not.toContain('secret');
  });

  test('all of them, and whatever is not on this machine, are asked of the server', async () => {
    const asked: (string | undefined)[] = [];
    const server: ArtifactOpener = {
      at: (_, uri) => {
        asked.push(uri);
        return openArtifacts({ concurrency: 1 }).at(RUN, undefined);
      },
      close: async () => {},
    };
    const here = put('mlruns', '1', RUN, 'artifacts', 'a.txt');
    const others = [...uris, `mlflow-artifacts:/1/${RUN}`, 'https://host/x', `/gone/1/${RUN}/x`, undefined, here];
    for (const uri of others) expect((await look(uri, { server })).notices).toEqual([]);
    expect(asked).toEqual(others);
  });
});

test.each(['s3:/x', 'wasbs://account/x', 'gs:///x', 'r2://b@evil.example/x'])(
  '%s is understood by nobody',
  async (uri) => {
    const { notices } = await look(uri);
    expect(notices).toMatchObject([
      { kind: 'artifacts-unreachable', detail: expect.stringContaining('none that MLflow') },
    ]);
  },
);
