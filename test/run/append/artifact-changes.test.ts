import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Repository } from '../../../src/aim/repository.js';
import { ConvertError } from '../../../src/errors.js';
import { FileStore } from '../../../src/mlflow/file/file-store.js';
import type { ArtifactFile, Run, RunRef } from '../../../src/model.js';
import type { RewriteReason } from '../../../src/outcome.js';
import { type ArtifactPolicy, DEFAULT_ARTIFACTS } from '../../../src/policies.js';
import { sampleImage } from '../../artifacts/sample-images.js';
import { convertOnce, NOW } from '../../support/conversions.js';
import { newStore } from '../../support/example-store.js';
import { essence } from '../../support/repository-state.js';
import { temporaryDirectory } from '../../support/temporary.js';

/** Tells which files were read. */
class WatchedStore extends FileStore {
  readonly read: string[] = [];
  /** A path that cannot be read at this moment. */
  broken: string | undefined;

  override async *openArtifact(ref: RunRef, run: Run, file: ArtifactFile, signal: AbortSignal) {
    this.read.push(file.path);
    if (file.path === this.broken) throw new ConvertError('skip-item', 'unreachable', 'The store is down.');
    yield* super.openArtifact(ref, run, file, signal);
  }
}

const history = (key: string, step: number, end = '.png') =>
  `images/${key}+step+${step}+timestamp+${NOW - 500}+0f9a6d2c-3b1e-4c5d-8e7f-0123456789a${step}${end}`;
const IMAGE = sampleImage('png RGB');
const OTHER_IMAGE = sampleImage('png RGBA');
const FIGURE = '{"data":[{"y":[1]}],"layout":{}}';
const OTHER_FIGURE = '{"data":[{"y":[2]}],"layout":{}}';
const page = (...figures: string[]) => figures.map((figure) => `Plotly.newPlot("id",${figure})`).join();
const table = (value: number) => `{"columns":["a"],"data":[[${value}]]}`;
const MEGABYTES_6 = 'x'.repeat(6 * 1024 * 1024);

/** By path; undefined for one that is removed. */
type Files = Readonly<Record<string, string | Uint8Array | undefined>>;

const BEFORE: Files = {
  'notes/a.txt': 'a',
  'plots/2.png': IMAGE,
  'plots/3.png': IMAGE,
  'late/9.png': 'not an image yet',
  'checkpoint/1.bin': 'weights',
  'latin.txt': Uint8Array.of(0xe4),
  'figures/page.html': page(FIGURE, FIGURE),
  'figures/fig.json': FIGURE,
  'tables/t.json': table(1),
  'tables/t.csv': 'a,b\n1,2\n',
  [history('eval', 5)]: IMAGE,
  [history('eval', 5, '+compressed.webp')]: IMAGE,
  [history('twin', 1, '+compressed.webp')]: IMAGE,
};

function write(root: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, ...path.split('/'));
    mkdirSync(dirname(file), { recursive: true });
    if (content === undefined) rmSync(file);
    else writeFileSync(file, content);
  }
}

/** What is read, and whether it is appended, when something happens to the files of an active run. */
async function append(happens: (artifacts: string) => void, artifacts: ArtifactPolicy = DEFAULT_ARTIFACTS) {
  const store = newStore();
  const run = store.run('1', { runId: 'a', status: 1, endTime: null, startTime: NOW - 2000 });
  write(join(run, 'artifacts'), BEFORE);
  const [repo, fresh] = [temporaryDirectory(), temporaryDirectory()];
  await convertOnce(new FileStore(store.root), Repository.open(repo), {}, { artifacts });
  happens(join(run, 'artifacts'));
  const source = new WatchedStore(store.root);
  const { results } = await convertOnce(source, Repository.open(repo), {}, { artifacts });
  await convertOnce(new FileStore(store.root), Repository.open(fresh), {}, { artifacts });
  expect(essence(repo)).toEqual(essence(fresh));
  const { report, staged } = results[0]!;
  return {
    read: source.read,
    isAppended: staged?.files?.appendsTo !== undefined,
    reason: report.rewritten,
    counts: report.counts,
  };
}

test.each<[string, Files, string[]]>([
  ['a text', { 'notes/b.txt': 'b' }, ['notes/b.txt']],
  ['a text with another content', { 'notes/a.txt': 'other' }, ['notes/a.txt']],
  ['a text that is UTF-8 now', { 'latin.txt': 'ä' }, ['latin.txt']],
  ['an image of a history, at a later step', { [history('eval', 6)]: OTHER_IMAGE }, [history('eval', 6)]],
  ['an image of a history, at an earlier step', { [history('eval', 0)]: OTHER_IMAGE }, [history('eval', 0)]],
  ['the first image of a history', { [history('test', 7)]: IMAGE }, [history('test', 7)]],
  ['the last image of a directory', { 'plots/4.png': OTHER_IMAGE }, ['plots/4.png']],
  ['an image in the place of another', { 'plots/2.png': OTHER_IMAGE }, ['plots/2.png']],
  ['the first audio', { 'plots/1.wav': 'RIFF' }, ['plots/1.wav']],
  ['an image that was none before', { 'late/9.png': IMAGE }, ['late/9.png']],
  ['a page with figures', { 'figures/new.html': page(FIGURE) }, ['figures/new.html']],
  ['a figure in the place of another', { 'figures/fig.json': OTHER_FIGURE }, ['figures/fig.json']],
  ['a table with more rows', { 'tables/t.json': table(2) }, ['tables/t.json']],
  ['a table in a file of its own', { 'tables/new.csv': 'a\n1\n' }, ['tables/new.csv']],
])('appends %s, and reads nothing that is in Aim', async (_, files, expected) => {
  const { read, isAppended, counts } = await append((artifacts) => write(artifacts, files));
  expect(isAppended).toBe(true);
  // what was no image is read each time
  expect(new Set(read)).toEqual(new Set([...expected, 'late/9.png']));
  expect(Object.values(counts.artifacts).reduce((sum, files) => sum + files, 0)).toBe(expected.length);
});

test.each<[string, Files, number]>([
  ['comes', { 'checkpoint/2.bin': 'more weights' }, 3],
  ['comes, for its size', { 'large.txt': MEGABYTES_6.repeat(3) }, 3],
  ['goes', { 'checkpoint/1.bin': undefined }, 1],
])('a file that stays in MLflow %s', async (_, files, links) => {
  const { read, isAppended, counts } = await append((artifacts) => write(artifacts, files));
  expect({ read, isAppended, links: counts.artifactsListed }).toEqual({
    read: ['late/9.png'],
    isAppended: true,
    links,
  });
});

test.each<[string, Files, RewriteReason]>([
  ['an image that is gone', { 'plots/3.png': undefined }, 'artifacts-moved'],
  ['an image in the midst of a directory', { 'plots/1.png': IMAGE }, 'artifacts-moved'],
  ['a second image at a step', { [history('eval', 5).replace('0f9', '1f9')]: IMAGE }, 'artifacts-moved'],
  ['the original of a compressed image', { [history('twin', 1)]: IMAGE }, 'artifacts-moved'],
  ['an image that is none any more', { 'plots/2.png': 'no image' }, 'artifacts-moved'],
  ['a page with fewer figures', { 'figures/page.html': page(FIGURE) }, 'artifacts-moved'],
  ['a page with more figures', { 'figures/page.html': page(FIGURE, FIGURE, FIGURE) }, 'artifacts-moved'],
  ['a figure that is a text now', { 'figures/fig.json': '{}' }, 'artifacts-moved'],
  ['a text that is a figure now', { 'tables/t.json': FIGURE }, 'artifacts-moved'],
  ['a table that is none any more', { 'tables/t.csv': 'a' }, 'artifacts-moved'],
  ['more than is held in memory', { '1.txt': MEGABYTES_6, '2.txt': MEGABYTES_6, '3.txt': MEGABYTES_6 }, 'too-much'],
])('rewrites the run for %s', async (_, files, reason) => {
  const found = await append((artifacts) => write(artifacts, files));
  expect(found).toMatchObject({ isAppended: false, reason });
});

test('rewrites the run when something of it cannot be listed', async () => {
  const found = await append((artifacts) => symlinkSync('nowhere', join(artifacts, 'dangling.txt')));
  expect(found).toMatchObject({ isAppended: false, reason: 'artifacts-unread' });
});

test('rewrites the run for a new file that cannot be read, so that the next conversion tries again', async () => {
  const store = newStore();
  const run = store.run('1', { runId: 'a', status: 1, endTime: null, startTime: NOW - 2000 });
  const repository = Repository.open(temporaryDirectory());
  await convertOnce(new FileStore(store.root), repository);
  write(join(run, 'artifacts'), { 'a.txt': 'a' });
  const source = new WatchedStore(store.root);
  source.broken = 'a.txt';
  const { results } = await convertOnce(source, repository);
  expect(results[0]?.staged?.files).toBeDefined();
  expect(results[0]?.staged?.files?.appendsTo).toBeUndefined();
  expect(results[0]?.report.rewritten).toBe('artifacts-unread');
});

test.each<[string, Files]>([
  ['is another file', { 'a-train.txt': 'line' }],
  ['has another content', { 'latin.txt': 'line' }],
])('rewrites the run when the terminal log %s', async (_, files) => {
  const policy = { ...DEFAULT_ARTIFACTS, terminalLog: '{a-train,latin}.txt' };
  const found = await append((artifacts) => write(artifacts, files), policy);
  expect(found).toMatchObject({ isAppended: false, reason: 'terminal-log-changed' });
});

test('appends beside a terminal log that has not changed', async () => {
  const policy = { ...DEFAULT_ARTIFACTS, terminalLog: 'latin.txt' };
  const found = await append((artifacts) => write(artifacts, { 'notes/b.txt': 'b' }), policy);
  expect(found).toMatchObject({ isAppended: true, reason: undefined });
});
