import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { built, convert, outcomes, type Report } from '../support/command-line.js';
import { id, newStore } from '../support/example-store.js';
import { temporaryDirectory } from '../support/temporary.js';

const RUN = id('a');
const kinds = (report: Report) => report.runs.flatMap(({ notices }) => notices.map(({ kind }) => kind));

test('files that could not be reached are looked for again, though nothing has changed in the store', async () => {
  const store = newStore();
  store.run('1', { runId: RUN, artifactUri: `mlflow-artifacts:/1/${RUN}/artifacts` });
  const [repo, destination] = [temporaryDirectory(), temporaryDirectory()];
  expect(kinds(await convert(store.root, repo, [], 3))).toEqual(['artifacts-unreachable']);
  expect(outcomes(await convert(store.root, repo, [], 3))).toEqual({ unchanged: 1 });

  const file = join(destination, '1', RUN, 'artifacts', 'deep', 'notes.txt');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, 'found');
  const found = await convert(store.root, repo, ['--artifacts-destination', destination]);
  expect(outcomes(found)).toEqual({ updated: 1 });
  expect(kinds(found)).toEqual([]);
  expect(found.runs[0]?.counts).toMatchObject({ artifacts: { text: 1 }, artifactBytes: 5 });
  expect(outcomes(await convert(store.root, repo, ['--artifacts-destination', destination]))).toEqual({ unchanged: 1 });
});

describe('without the packages of the object stores', () => {
  /** The build as npm would install it for somebody who has not asked for any of them. */
  function installation(): string {
    const [modules, dist] = [join(temporaryDirectory(), 'node_modules'), fileURLToPath(dirname(built('cli.js')))];
    const home = join(modules, 'mlflow2aim');
    cpSync(fileURLToPath(new URL('../../package.json', import.meta.url)), join(home, 'package.json'));
    cpSync(dist, join(home, 'dist'), { recursive: true });
    const source = fileURLToPath(new URL('../../node_modules', import.meta.url));
    for (const name of readdirSync(source)) {
      if (!/^@(aws-sdk|azure|google-cloud|smithy)$|^\./.test(name))
        symlinkSync(join(source, name), join(modules, name));
    }
    return join(home, 'dist', 'bundle', 'cli.js');
  }

  test('a run is converted, and one sentence says what to install', () => {
    const store = newStore();
    const uris = ['s3://bucket/x', 'gs://bucket/x', 'wasbs://c@account.blob.core.windows.net/x'];
    for (const [index, uri] of uris.entries()) {
      const runId = id(`a${index}`);
      store.run('1', { runId, artifactUri: `${uri}/${runId}/artifacts` });
    }
    const directory = temporaryDirectory();
    const file = join(directory, 'report.json');
    const args = ['convert', '--tracking-uri', store.root, '--repo', directory, '--report', file, '--quiet'];
    expect(spawnSync(process.execPath, [installation(), ...args]).status).toBe(3);
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    expect(outcomes(report)).toEqual({ new: 3 });
    const told = report.runs.flatMap(({ notices }) => notices).map((notice) => 'detail' in notice && notice.detail);
    expect(told.sort()).toEqual(
      [
        ['gs', '@google-cloud/storage'],
        ['s3', '@aws-sdk/client-s3'],
        ['wasbs', '@azure/storage-blob'],
      ].map(
        ([scheme, name]) =>
          `Files at ${scheme}: locations need the package ${name}, which is not installed. Install it where mlflow2aim is installed, and run again: npm install ${name} (with --global for a global installation).`,
      ),
    );
  });

  test('the declarations can be used', () => {
    const dist = fileURLToPath(dirname(built('cli.js')));
    const declarations = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.d.ts'),
    );
    expect(declarations.length).toBeGreaterThan(50);
    const naming = declarations.filter((name) => /@aws-sdk|@azure|@google-cloud/.test(code(join(dist, name))));
    expect(naming).toEqual([]);
  });

  const code = (file: string) => readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
});
