import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ATTACKS } from '../support/attacks.js';
import { runBounded } from '../support/bounded-process.js';
import { fillWithExamples, id } from '../support/example-store.js';
import { FileStoreBuilder } from '../support/file-store-builder.js';
import { repositoryState } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';
import { startWatch } from '../support/watching.js';

/** Milliseconds of CPU time, of which the worst takes half; and bytes, of which a conversion of a small store takes 120 MB. */
const TIME = 20_000;
const MEMORY = 800 * 2 ** 20;

const GOOD = [id('a'), id('b'), id('c')];

let store: FileStoreBuilder;
let whole: unknown;
beforeAll(async () => {
  store = fillWithExamples(new FileStoreBuilder());
  whole = goodRuns((await converted([])).repo);
});
afterAll(() => store.remove());
beforeEach(() => {
  // a path can be too long for Node's own `rm`
  execFileSync('sh', ['-c', 'rm -rf "$0"/1/*bad* "$0"/66', store.root]);
});

async function converted(flags: readonly string[]) {
  const repo = temporaryDirectory();
  const file = join(temporaryDirectory(), 'report.json');
  const args = ['convert', '--tracking-uri', store.root, '--repo', repo, '--report', file, ...flags];
  const ended = await runBounded(args);
  return { repo, ended, report: () => readFileSync(file, 'utf8') };
}

function goodRuns(repo: string): unknown {
  const { runs } = repositoryState(repo);
  return GOOD.map((run) => runs[run]);
}

describe('a store with good runs and', () => {
  test.each(Object.entries(ATTACKS))('%s', async (_, { arm, flags = [], code = 0, told = [], absent = [] }) => {
    arm(store);
    const { repo, ended, report } = await converted(flags);
    expect([ended.code, ended.signal, ended.code === code ? '' : ended.stderr]).toEqual([code, null, '']);

    expect(ended.time).toBeLessThan(TIME);
    expect(ended.memory).toBeLessThan(MEMORY);
    for (const what of told) expect(report()).toMatch(what);
    // what comes to a terminal holds nothing that it obeys
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(ended.stdout + ended.stderr).not.toMatch(/[\x00-\x08\x0b-\x1f\x9b\u202e]/);
    if (!flags.includes('--include-artifacts')) expect(goodRuns(repo)).toEqual(whole);
    for (const text of absent) expect(spawnSync('grep', ['-rlaF', text, repo]).stdout.toString()).toBe('');
  });
});

test('a sync of a store with FIFOs comes to its first end, and ends when it is told to', async () => {
  ATTACKS['FIFOs as param, tag, metric and artifact']!.arm(store);
  const { child, ended } = await startWatch(store.root, temporaryDirectory());
  const begun = performance.now();
  child.kill('SIGTERM');
  const { code, signal } = await ended;
  expect([code === null, signal]).toEqual([false, null]);
  expect(performance.now() - begun).toBeLessThan(5000);
});
