import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Repository } from '../../src/aim/repository.js';
import { removeStaged, stagedFiles } from '../../src/aim/run-files.js';
import { type IndexOutcome, writeIndex } from '../../src/aim/run-index.js';
import { RunMetadata } from '../../src/aim/run-metadata.js';
import { sequenceId } from '../../src/aim/sequence.js';
import type { Warning } from '../../src/events.js';
import { type PassedOver, Publisher } from '../../src/publish/publisher.js';
import type { WriteIndex } from '../../src/run/task/run-converter.js';
import { Ledger } from '../../src/state/ledger.js';
import { readPoints } from '../support/aim-records.js';
import { readMetadata, repositoryState, staleChecksums } from '../support/repository-state.js';
import { stagedAppend, stagedRun } from '../support/staged-run.js';
import { temporaryDirectory } from '../support/temporary.js';

let directory: string;
let repository: Repository;
let metadata: RunMetadata;
let ledger: Ledger;
const warnings: string[] = [];
const published: number[] = [];
const passedOver: string[] = [];

beforeEach(() => {
  directory = temporaryDirectory();
  repository = Repository.open(directory);
  metadata = new RunMetadata(repository.metadataFile);
  ledger = Ledger.open(repository.ledgerFile);
  warnings.length = 0;
  published.length = 0;
  passedOver.length = 0;
});
afterEach(() => {
  metadata.close();
  ledger.close();
  jest.restoreAllMocks();
});

const reallyWriteIndex: WriteIndex = async (hashes, finished) => writeIndex(repository, hashes, finished);

function publisher(index: WriteIndex = reallyWriteIndex): Publisher {
  const events = {
    onPublished: async (hashes: readonly string[]) => void published.push(hashes.length),
    onPassedOver: (hash: string, why: PassedOver) => passedOver.push(`${hash} ${why}`),
    onWarning: ({ message }: Warning) => warnings.push(message),
  };
  return new Publisher({ repository, metadata, ledger, source: '/data/mlruns', writeIndex: index, events });
}

const run = (hash: string, points: number) => stagedRun(repository, hash, points);
const listed = () => readMetadata(repository.metadataFile).rows.map(({ hash }) => hash);

/** Lets the time pass after which a group is published. */
function groupIsDue(): void {
  const now = performance.now() + 60_000;
  jest.spyOn(performance, 'now').mockReturnValue(now);
}

describe('published runs', () => {
  test('are in place, indexed, listed and remembered', async () => {
    const one = publisher();
    for (const hash of ['b', 'a']) await one.add(run(hash, 3));
    expect(repository.hashes()).toEqual([]);
    await one.finish();
    expect(repository.hashes().sort()).toEqual(['a', 'b']);
    expect(listed()).toEqual(['a', 'b']);
    expect(staleChecksums(directory)).toEqual([]);
    expect(ledger.get('a')).toMatchObject({ source: '/data/mlruns', revision: '3', properties: { name: '3 points' } });
    expect(published).toEqual([2]);
    expect(readdirSync(repository.staging)).toEqual([]);
    expect(warnings).toEqual([]);
  });

  test('none are no event', async () => {
    await publisher().finish();
    expect([published, warnings, listed()]).toEqual([[], [], []]);
  });

  test('that change end as if they had never been otherwise', async () => {
    for (const points of [3, 7, 5]) {
      const one = publisher();
      await one.add(run('a', points));
      await one.finish();
    }
    const fresh = temporaryDirectory();
    const state = repositoryState(directory);
    metadata.close();
    ledger.close();
    repository = Repository.open(fresh);
    metadata = new RunMetadata(repository.metadataFile);
    ledger = Ledger.open(repository.ledgerFile);
    const one = publisher();
    await one.add(run('a', 5));
    await one.finish();
    expect(state).toEqual(repositoryState(fresh));
    expect(state.leftovers).toEqual(['mlflow2aim.staging']);
  });

  test('that change leave nothing for aim up to index', async () => {
    for (const points of [3, 7]) {
      const one = publisher();
      await one.add(run('a', points));
      await one.finish();
    }
    expect(staleChecksums(directory)).toEqual([]);
  });

  test('that are as they were, but with the remains of a crash, leave nothing for aim up to index', async () => {
    const first = publisher();
    await first.add(run('a', 3));
    await first.finish();
    const { files: _, ...same } = run('a', 3);
    removeStaged(stagedFiles(repository, 'a'));
    writeFileSync(join(repository.meta('a'), '009999.sst'), 'moved, and never referred to');
    const second = publisher();
    await second.add(same);
    await second.finish();
    expect(staleChecksums(directory)).toEqual([]);
  });
});

describe('groups', () => {
  /** An index that is written when the test says so. */
  function heldIndex() {
    const calls: { hashes: readonly string[]; finished: boolean; settle: (outcome: IndexOutcome) => void }[] = [];
    let [now, most] = [0, 0];
    let called = () => {};
    const write: WriteIndex = (hashes, finished) => {
      most = Math.max(most, ++now);
      return new Promise((settle) => {
        calls.push({
          hashes: [...hashes],
          finished,
          settle: (outcome) => {
            now--;
            settle(outcome);
          },
        });
        called();
      });
    };
    /** Waits for the call of this number. */
    const call = async (number: number) => {
      while (calls.length <= number) {
        await new Promise<void>((resume) => {
          called = resume;
        });
      }
      return calls[number]!;
    };
    return { write, call, atOnce: () => most };
  }

  const written = { written: true } as const;

  test('are published one after the other, each run once, however many wait', async () => {
    const index = heldIndex();
    const one = publisher(index.write);
    groupIsDue();
    await one.add(run('a', 1));
    groupIsDue();
    const waiting = ['b', 'c', 'd'].map((hash) => one.add(run(hash, 1)));
    const finished = Promise.all(waiting).then(() => one.finish());
    (await index.call(0)).settle(written);
    (await index.call(1)).settle(written);
    (await index.call(2)).settle(written);
    await finished;
    const calls = await Promise.all([0, 1, 2].map(index.call));
    expect(calls.map(({ hashes, finished }) => [hashes, finished])).toEqual([
      [['a'], false],
      [['b', 'c', 'd'], false],
      [[], true],
    ]);
    expect(index.atOnce()).toBe(1);
    expect(listed()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('the last is published after the one that others are still waiting to begin', async () => {
    const index = heldIndex();
    const one = publisher(index.write);
    groupIsDue();
    await one.add(run('a', 1));
    groupIsDue();
    const waiting = one.add(run('b', 1));
    const finished = one.finish(); // as when the conversion is ended meanwhile
    (await index.call(0)).settle(written);
    (await index.call(1)).settle(written);
    await waiting;
    const last = await Promise.race([index.call(2), finished]);
    last?.settle(written);
    await finished;
    expect(index.atOnce()).toBe(1);
    expect(listed()).toEqual(['a', 'b']);
  });

  test('that fail are heard of by whoever comes next, and at the end', async () => {
    const one = publisher(async () => {
      throw new Error('no index today');
    });
    groupIsDue();
    await one.add(run('a', 1));
    groupIsDue();
    await expect(one.add(run('b', 1))).rejects.toThrow('no index today');
    await expect(one.finish()).rejects.toThrow('no index today');
    expect(published).toEqual([]);
  });

  test('are of many runs', async () => {
    const write = jest.fn(reallyWriteIndex);
    const one = publisher(write);
    for (let i = 0; i < 20; i++) await one.add(run(`run${i}`, 1));
    await one.finish();
    expect(write).toHaveBeenCalledTimes(1);
    expect(published).toEqual([20]);
  });
});

describe('an index that cannot be written', () => {
  const obstacle = (isTransient: boolean) =>
    ({ written: false, reason: 'Aim is writing the index', isTransient }) as const;

  test('is tried again with the next group, and then holds all', async () => {
    let attempts = 0;
    const one = publisher(async (hashes, finished) =>
      attempts++ === 0 ? obstacle(true) : writeIndex(repository, hashes, finished),
    );
    groupIsDue();
    await one.add(run('a', 1));
    await one.add(run('b', 1));
    await one.finish();
    expect(staleChecksums(directory)).toEqual([]);
    expect(listed()).toEqual(['a', 'b']);
    expect(warnings).toEqual([]);
  });

  test('is one warning, which says what to do; the runs are there all the same', async () => {
    const one = publisher(async () => obstacle(false));
    groupIsDue();
    await one.add(run('a', 1));
    await one.add(run('b', 1));
    await one.finish();
    expect(warnings).toEqual([
      expect.stringMatching(/index .* was not updated, because Aim is writing the index\. Run `aim storage reindex`/),
    ]);
    expect(listed()).toEqual(['a', 'b']);
  });

  test('is no warning when there was nothing to add, unless it will stay so', async () => {
    await publisher(async () => obstacle(true)).finish();
    expect(warnings).toEqual([]);
    await publisher(async () => obstacle(false)).finish();
    expect(warnings).toEqual([expect.stringContaining('was not updated')]);
  });

  test('was damaged, and is a warning once it has been made anew', async () => {
    await publisher(async () => ({ written: true, damage: 'was missing' })).finish();
    expect(warnings).toEqual(['The index of the Aim repository was missing and was rebuilt.']);
  });
});

describe('a run that grows', () => {
  const appended = (from: number, to: number) => stagedAppend(repository, 'a', from, to);
  const pointsOf = (hash: string) => readPoints(repository.seqs(hash), hash, sequenceId('loss', new Map())).length;
  /** What the index says of its number of points. */
  const indexed = () => {
    const key = `/meta/chunks/a/attrs/points`;
    return Buffer.from(repositoryState(directory).index[key] ?? '', 'latin1').readBigInt64LE(1);
  };

  test('is in place at once, and in the index when it is time or at the end', async () => {
    const one = publisher();
    await one.add(run('a', 3));
    await one.flush();
    expect(indexed()).toBe(3n);
    await one.add(appended(3, 5));
    await one.flush();
    expect([pointsOf('a'), indexed(), ledger.unindexed()]).toEqual([5, 3n, ['a']]);
    groupIsDue();
    await one.flush();
    expect([pointsOf('a'), indexed()]).toEqual([5, 5n]);
    await one.add(appended(5, 6));
    await one.finish();
    expect([pointsOf('a'), indexed(), ledger.unindexed()]).toEqual([6, 6n, []]);
    expect(staleChecksums(directory)).toEqual([]);
    expect(repositoryState(directory).leftovers).toEqual(['mlflow2aim.staging']);
    expect(ledger.get('a')).toMatchObject({ revision: '6', properties: { name: '6 points' } });
  });

  test('does not keep a new run from being indexed at once', async () => {
    const one = publisher();
    await one.add(run('a', 3));
    await one.flush();
    await one.add(appended(3, 5));
    await one.add(run('b', 1));
    await one.flush();
    expect(Object.keys(repositoryState(directory).index)).toContain('/meta/chunks/b/attrs/points');
  });

  test('leaves replaced files to those who are about to open them, for a while', async () => {
    const one = publisher();
    await one.add(run('a', 3));
    await one.flush();
    const before = readdirSync(repository.meta('a')).filter((name) => name !== 'CURRENT');
    await one.add(appended(3, 5));
    await one.flush();
    expect(readdirSync(repository.meta('a'))).toEqual(expect.arrayContaining(before));
    groupIsDue();
    await one.flush();
    expect(readdirSync(repository.meta('a')).filter((name) => name.startsWith('MANIFEST'))).toHaveLength(1);
    expect(pointsOf('a')).toBe(5);
  });

  test('by a process that ended too early is indexed and cleared up by the next', async () => {
    const one = publisher();
    await one.add(run('a', 3));
    await one.flush();
    await one.add(appended(3, 5));
    await one.flush();
    await publisher().finish();
    expect(indexed()).toBe(5n);
    expect(staleChecksums(directory)).toEqual([]);
    expect(repositoryState(directory).leftovers).toEqual(['mlflow2aim.staging']);
  });

  test('and is meanwhile written by Aim, or another way, is left as it is', async () => {
    const one = publisher();
    await one.add(run('a', 3));
    await one.flush();
    const late = appended(3, 5);
    writeFileSync(join(repository.seqs('a'), 'OPTIONS-000009'), '');
    await one.add(late);
    await one.flush();
    expect([pointsOf('a'), ledger.get('a')?.revision]).toEqual([3, '3']);
    expect(readdirSync(repository.staging)).toEqual([]);
  });

  test('and is meanwhile removed in Aim does not come back', async () => {
    const one = publisher();
    await one.add(run('a', 3));
    await one.flush();
    await one.add(appended(3, 5));
    for (const database of [repository.meta('a'), repository.seqs('a')]) rmSync(database, { recursive: true });
    await one.finish();
    expect(repository.hashes()).toEqual([]);
    expect(warnings).toEqual([]);
    expect(readdirSync(repository.staging)).toEqual([]);
  });
});
