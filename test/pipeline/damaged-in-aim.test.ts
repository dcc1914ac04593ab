import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Repository } from '../../src/aim/repository.js';
import { convert, outcomes, startCli } from '../support/command-line.js';
import { fillWithExamples, id } from '../support/example-store.js';
import { FileStoreBuilder } from '../support/file-store-builder.js';
import { essence, staleChecksums } from '../support/repository-state.js';

const [A, B] = [id('a'), id('b')];

let store: FileStoreBuilder;
let repo: string;
let repository: Repository;
beforeEach(async () => {
  store = fillWithExamples(new FileStoreBuilder());
  repo = join(store.parent, 'repo');
  await convert(store.root, repo);
  repository = Repository.open(repo);
});
afterEach(() => store.remove());

/** Does something to a file of a database whose name has this in it. */
function spoil(directory: string, part: string, how: (path: string) => void): void {
  const name = readdirSync(directory).find((each) => each.includes(part));
  how(join(directory, name ?? 'none'));
}

describe('a run of which files are missing or cut is converted anew, and that is told', () => {
  test.each<[string, () => void]>([
    ['no CURRENT', () => spoil(repository.meta(A), 'CURRENT', (file) => rmSync(file))],
    ['no points', () => rmSync(repository.seqs(A), { recursive: true })],
    ['nothing at all', () => [repository.seqs(A), repository.meta(A)].map((each) => rmSync(each, { recursive: true }))],
    ['no table of attributes', () => spoil(repository.meta(A), '.sst', (file) => rmSync(file))],
    ['a table of points that is cut', () => spoil(repository.seqs(A), '.sst', (file) => truncateSync(file, 50))],
    ['an empty MANIFEST', () => spoil(repository.seqs(A), 'MANIFEST', (file) => truncateSync(file, 0))],
    ['a CURRENT of zeros', () => spoil(repository.meta(A), 'CURRENT', (file) => writeFileSync(file, Buffer.alloc(16)))],
  ])('with %s', async (_, damage) => {
    const before = essence(repo);
    damage();
    const report = await convert(store.root, repo);
    expect(outcomes(report)).toEqual({ unchanged: 2, updated: 1 });
    expect(report.runs.find(({ runId }) => runId === A)?.damage).toMatch(/^(meta|seqs)\/chunks\//);
    expect(report.warnings).toEqual([expect.stringMatching(`^1 run was damaged in Aim .*${A}`)]);
    expect(essence(repo)).toEqual(before);
    expect(staleChecksums(repo)).toEqual([]);
    const again = await convert(store.root, repo);
    expect([outcomes(again), again.warnings]).toEqual([{ unchanged: 3 }, []]);
  });

  test('unless its source cannot be read any more: then it is left, and that is told', async () => {
    spoil(repository.meta(A), '.sst', (file) => rmSync(file));
    writeFileSync(join(store.root, '1', A, 'meta.yaml'), ': no yaml [');
    const report = await convert(store.root, repo);
    const reason = report.runs.find(({ runId }) => runId === A)?.reason;
    expect(reason).toMatch(/The run in Aim is damaged \(meta\/chunks\/.* is missing\) and was left as it is\.$/);
    const { ended } = startCli(['status', '--repo', repo]);
    expect((await ended).stdout).toContain('is damaged');
  });
});

describe('a damaged index is rebuilt though no run has changed, and that is told', () => {
  test.each<[string, () => void]>([
    ['no directory', () => rmSync(repository.index, { recursive: true })],
    ['no CURRENT', () => rmSync(join(repository.index, 'CURRENT'))],
    ['no table', () => spoil(repository.index, '.sst', (file) => rmSync(file))],
    ['a MANIFEST that is cut', () => spoil(repository.index, 'MANIFEST', (file) => truncateSync(file, 30))],
  ])('with %s', async (_, damage) => {
    const before = essence(repo);
    damage();
    const report = await convert(store.root, repo);
    expect(outcomes(report)).toEqual({ unchanged: 3 });
    expect(report.warnings).toEqual([expect.stringMatching(/^The index of the Aim repository was .* rebuilt\.$/)]);
    expect(essence(repo)).toEqual(before);
    expect(staleChecksums(repo)).toEqual([]);
    expect((await convert(store.root, repo)).warnings).toEqual([]);
  });
});

describe('a damaged run_metadata.sqlite ends the conversion with a sentence, and is left as it is', () => {
  test.each<[string, (file: string) => void]>([
    ['is cut', (file) => truncateSync(file, 5000)],
    ['is something else', (file) => writeFileSync(file, 'no database '.repeat(1000))],
    [
      'has a page of zeros',
      (file) => {
        const content = readFileSync(file);
        content.fill(0, content.length - 3 * 4096);
        writeFileSync(file, content);
      },
    ],
  ])('that %s', async (_, damage) => {
    damage(repository.metadataFile);
    const { ended } = startCli(['convert', '--tracking-uri', store.root, '--repo', repo]);
    const { code, stderr } = await ended;
    expect(code).toBe(1);
    expect(stderr).toContain('run_metadata.sqlite');
    expect(stderr).toMatch(/backup/);
    expect(stderr).not.toContain('Internal error');
    expect(readdirSync(repository.metaChunks)).toEqual(expect.arrayContaining([A, B]));
  });
});
