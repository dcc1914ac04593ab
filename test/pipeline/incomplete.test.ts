import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { convert, outcomes, type Report, startCli } from '../support/command-line.js';
import { id, newStore } from '../support/example-store.js';
import { changedPaths, listing } from '../support/file-listing.js';
import type { FileStoreBuilder } from '../support/file-store-builder.js';
import { SqliteStoreBuilder } from '../support/sqlite-store-builder.js';
import { temporaryDirectory } from '../support/temporary.js';

const [A, B] = [id('a'), id('b')];

/** A store with one run whose files lie on another disk, and one without files. */
let store: FileStoreBuilder;
let disk: string;
let repo: string;

beforeEach(() => {
  [disk, repo] = [join(temporaryDirectory(), 'disk'), temporaryDirectory()];
  store = newStore();
  store.run('1', {
    runId: A,
    name: 'owl',
    artifactUri: `file://${disk}/results/${A}/artifacts`,
    metrics: { loss: '1 0.5 0\n' },
  });
  store.run('1', { runId: B });
});

function mount(): void {
  const directory = join(disk, 'results', A, 'artifacts');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'notes.txt'), 'found');
}

/** The output of `mlflow2aim status`. */
async function status(...flags: string[]): Promise<string> {
  const { code, stdout, stderr } = await startCli(['status', '--repo', repo, ...flags]).ended;
  expect(`${code} ${stderr}`).toBe('0 ');
  return stdout;
}

describe('a run of which something could not be read', () => {
  test('is told, each time, and nothing is written for it, until it could be read', async () => {
    const first = await convert(store.root, repo, [], 3);
    expect(outcomes(first)).toEqual({ new: 2 });
    const parts = [{ part: 'artifacts', reason: 'missing', why: expect.stringContaining('does not exist') }];
    expect(first.runs.filter(({ incomplete }) => incomplete !== undefined)).toMatchObject([
      { runId: A, incomplete: parts },
    ]);
    expect(first.summary).toMatchObject({ runsIncomplete: 1, unreadParts: { artifacts: 1 }, runsWithoutArtifacts: 1 });

    const before = listing(join(repo, '.aim'));
    const second = await convert(store.root, repo, [], 3);
    expect(outcomes(second)).toEqual({ unchanged: 2 });
    expect(second.summary).toMatchObject({ runsIncomplete: 1 });
    const changed = changedPaths(before, listing(join(repo, '.aim')));
    expect(changed).toEqual(['', '/mlflow2aim.lock', '/mlflow2aim.sqlite']);

    mount();
    const third = await convert(store.root, repo);
    expect(outcomes(third)).toEqual({ updated: 1, unchanged: 1 });
    expect(third.runs.find(({ runId }) => runId === A)?.counts.artifacts).toMatchObject({ text: 1 });
    expect(outcomes(await convert(store.root, repo))).toEqual({ unchanged: 2 });
  });

  test('is named by status, with the reason and what to do', async () => {
    await convert(store.root, repo, [], 3);
    expect(await status()).toMatch(/2 runs · 0 active · 1 incomplete\n.*\n.*see status --incomplete\./);
    const text = await status('--incomplete');
    expect(text).toContain(`${A} (owl) of `);
    expect(text).toContain(`artifacts at ${disk}/results/${A}/artifacts: The artifact location does not exist`);
    expect(text).toContain('Mount or restore them');
    const { sources } = JSON.parse(await status('--incomplete', '--json')) as { sources: unknown[] };
    expect(sources).toMatchObject([{ incomplete: 1, incompleteRuns: [{ runId: A, unread: [{ part: 'artifacts' }] }] }]);
    mount();
    await convert(store.root, repo);
    expect(await status('--incomplete')).not.toContain('incomplete');
  });

  test('counts no more when MLflow has deleted it', async () => {
    await convert(store.root, repo, [], 3);
    rmSync(join(store.root, '1', A), { recursive: true });
    await convert(store.root, repo);
    expect(await status()).not.toContain('incomplete');
  });
});

describe('--accept-missing', () => {
  test.each([
    ['the id of a run', () => A],
    ['a directory above its artifacts', () => disk],
    ['a URI above its artifacts', () => `file://${disk}/`],
    ['the location itself', () => join(disk, 'results', A, 'artifacts')],
    ['the store', () => store.root],
  ])('takes %s, is remembered, and can be taken back', async (_, named) => {
    await convert(store.root, repo, [], 3);
    const accepted = await convert(store.root, repo, ['--accept-missing', named()]);
    expect(accepted.summary).toMatchObject({ runsIncomplete: 0, warnings: 0 });
    expect(await status()).toMatch(/Accepted as missing:\n {2}\S+/);
    expect(await status('--incomplete')).not.toContain('owl');
    expect(outcomes(await convert(store.root, repo))).toEqual({ unchanged: 2 });

    const revoked = await convert(store.root, repo, ['--unaccept-missing', named()], 3);
    expect(revoked.summary).toMatchObject({ runsIncomplete: 1, warnings: 0 });
    expect(await status()).not.toContain('Accepted');
  });

  test('accepts in the first conversion, too', async () => {
    expect(outcomes(await convert(store.root, repo, ['--accept-missing', disk]))).toEqual({ new: 2 });
    expect(outcomes(await convert(store.root, repo))).toEqual({ unchanged: 2 });
  });

  test.each([
    ['an id that no run has', id('c'), /there is no run with this id/],
    ['a place where nothing lies', '/somewhere/else', /no incomplete run is there/],
    ['the beginning of a name', () => disk.slice(0, -1), /no incomplete run is there/],
  ])('warns of %s', async (_, named, warning) => {
    const text = typeof named === 'string' ? named : named();
    const { warnings } = await convert(store.root, repo, ['--accept-missing', text], 3);
    expect(warnings).toEqual([expect.stringMatching(warning)]);
  });

  test('a warning tells what was never accepted', async () => {
    const { warnings } = await convert(store.root, repo, ['--unaccept-missing', 's3://bucket'], 3);
    expect(warnings).toEqual(['--unaccept-missing s3://bucket: it was not accepted.']);
  });
});

test('an experiment that could not be read ends with 3, too, and is told by status until it could be read', async () => {
  const meta = join(store.root, '2', 'meta.yaml');
  mkdirSync(meta, { recursive: true });
  mount();
  const first = await convert(store.root, repo, [], 3);
  expect(first.summary).toMatchObject({ experimentsFailed: 1, runsIncomplete: 0 });
  const unread = async () => /Not read since .*/.exec(await status())?.[0];
  const told = await unread();
  expect(told).toMatch(/Experiment 2/);
  await convert(store.root, repo, [], 3);
  expect(await unread()).toBe(told);
  rmSync(meta, { recursive: true });
  await convert(store.root, repo);
  expect(await unread()).toBeUndefined();
});

test('a disk that was not mounted when its runs were converted is looked for by later conversions', async () => {
  // a location as MLflow makes it with the first file: that it is not there is no trouble
  const other = newStore();
  other.run('1', { runId: A, artifactUri: `${disk}/1/${A}/artifacts` });
  expect(outcomes(await convert(other.root, repo))).toEqual({ new: 1 });
  expect(outcomes(await convert(other.root, repo))).toEqual({ unchanged: 1 });
  const artifacts = join(disk, '1', A, 'artifacts');
  mkdirSync(artifacts, { recursive: true });
  expect(outcomes(await convert(other.root, repo))).toEqual({ unchanged: 1 });
  writeFileSync(join(artifacts, 'notes.txt'), 'found');
  const found = await convert(other.root, repo);
  expect(outcomes(found)).toEqual({ updated: 1 });
  expect(found.runs[0]?.counts.artifacts).toMatchObject({ text: 1 });
});

describe('a run of a database', () => {
  let database: SqliteStoreBuilder;
  beforeEach(() => {
    database = new SqliteStoreBuilder();
    database.experiment({ id: 1, name: 'e' });
  });
  afterEach(() => database.remove());

  const texts = ({ runs }: Report) => runs.reduce((sum, { counts }) => sum + counts.artifacts.text, 0);

  test('whose files lie on a disk beside it is read again when that is mounted', async () => {
    const artifacts = join(database.directory, 'nas', 'store', A, 'artifacts');
    database.run(1, { runId: A, artifactUri: `file://${artifacts}` });
    expect(outcomes(await convert(database.uri, repo))).toEqual({ new: 1 });
    expect(outcomes(await convert(database.uri, repo))).toEqual({ unchanged: 1 });
    mkdirSync(artifacts, { recursive: true });
    writeFileSync(join(artifacts, 'notes.txt'), 'found');
    const mounted = await convert(database.uri, repo);
    expect([outcomes(mounted), texts(mounted)]).toEqual([{ updated: 1 }, 1]);
    expect(outcomes(await convert(database.uri, repo))).toEqual({ unchanged: 1 });
  });

  test('whose files lie elsewhere is read again when it is told where, or no longer', async () => {
    database.run(1, { runId: A, artifactUri: `/home/someone/project/store/1/${A}/artifacts` });
    const artifacts = join(disk, '1', A, 'artifacts');
    mkdirSync(artifacts, { recursive: true });
    writeFileSync(join(artifacts, 'notes.txt'), 'found');
    expect(outcomes(await convert(database.uri, repo, [], 3))).toEqual({ new: 1 });
    const told = await convert(database.uri, repo, ['--artifacts-destination', disk]);
    expect([outcomes(told), texts(told)]).toEqual([{ updated: 1 }, 1]);
    expect(outcomes(await convert(database.uri, repo, ['--artifacts-destination', `${disk}/.`]))).toEqual({
      unchanged: 1,
    });
    // without it the files are out of reach: what Aim has stays
    const without = await convert(database.uri, repo, [], 3);
    expect(without.runs).toMatchObject([{ incomplete: [{ part: 'artifacts', reason: 'missing' }] }]);
  });
});
