import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Repository } from '../../src/aim/repository.js';
import { errorCode } from '../../src/errors.js';
import { Ledger } from '../../src/state/ledger.js';
import { makeExperiment, makeRun } from '../mapping/fixtures.js';
import { fail, isDisturbed, MOMENTS } from '../support/broken-conversions.js';
import { convertOnce } from '../support/conversions.js';
import { type MemoryRun, MemoryStore } from '../support/memory-store.js';
import { essence } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';

/** The law of publisher.ts: wherever a conversion breaks off, running it again ends as if it never had. */

const EXPERIMENT = makeExperiment({ creationTime: 1_600_000_000_000 });

let changes = 0;

/** Run `id` in one of its versions, which differ in all that a run is made of. No revision ever comes again. */
function version(id: string, number: number): MemoryRun {
  const tags = new Map([['kind', `v${number}`]]);
  if (number % 3 > 0) tags.set('mlflow.note.content', `note ${number % 3}`);
  const run = makeRun({
    id,
    name: `name ${number % 2}`,
    status: number % 4 === 3 ? 'FAILED' : 'FINISHED',
    startTime: 1_700_000_000_000 + (number % 2),
    endTime: 1_700_000_060_000,
    params: new Map([
      ['same', '1'],
      [`param${number % 2}`, String(number)],
    ]),
    tags,
  });
  const points = Array.from({ length: number % 3 }, (_, i) => ({ step: BigInt(i), value: number, timestamp: i }));
  const text = Buffer.from(`text of ${number}`);
  return {
    run,
    revision: `${number} ${changes++}`,
    metrics: { loss: points },
    artifacts: { 'a.txt': text, 'm.bin': text },
  };
}

async function broken(store: MemoryStore, repository: Repository, moment: string): Promise<void> {
  const disturbance = MOMENTS[moment]!(repository);
  const unchanged = await convertOnce(store, repository, disturbance).then(
    ({ results }) => results.every(({ report }) => report.outcome === 'unchanged'),
    (error: Error) => {
      if (!isDisturbed(error) && errorCode(error.cause) !== 'ENOENT') throw error;
      return false;
    },
  );
  // where nothing was to be published, there was nothing to disturb
  if (unchanged) return;
}

/** After these the rows hold what the ledger does not know of. */
const AHEAD_OF_LEDGER: readonly string[] = ['after the rows', 'before the ledger'];
const OTHERS = Object.keys(MOMENTS).filter((moment) => !AHEAD_OF_LEDGER.includes(moment));

function ledgerOf(repository: Repository, ids: readonly string[]): unknown[] {
  const ledger = Ledger.open(repository.ledgerFile);
  const entries = ids.map((id) => ledger.get(id));
  ledger.close();
  return entries;
}

async function expectAsUndisturbed(store: MemoryStore, directory: string, ids: readonly string[]): Promise<void> {
  const repository = Repository.open(directory);
  await convertOnce(store, repository);
  const fresh = temporaryDirectory();
  await convertOnce(store, Repository.open(fresh));
  expect(essence(directory)).toEqual(essence(fresh));
  expect(ledgerOf(repository, ids)).toEqual(ledgerOf(Repository.open(fresh), ids));
  const again = await convertOnce(store, repository);
  expect(again.results.map(({ report }) => report.outcome)).toEqual(ids.map(() => 'unchanged'));
  expect(essence(directory)).toEqual(essence(fresh));
}

describe('broken off', () => {
  test.each(Object.keys(MOMENTS))('%s, a first conversion is made good by the next', async (moment) => {
    const directory = temporaryDirectory();
    const store = new MemoryStore(EXPERIMENT, [version('a', 1), version('b', 2)]);
    const repository = Repository.open(directory);
    await expect(convertOnce(store, repository, MOMENTS[moment]!(repository))).rejects.toThrow();
    await expectAsUndisturbed(store, directory, ['a', 'b']);
  });

  async function changeBrokenOff(moment: string): Promise<void> {
    const directory = temporaryDirectory();
    const store = new MemoryStore(EXPERIMENT, [version('a', 1), version('b', 2)]);
    const repository = Repository.open(directory);
    await convertOnce(store, repository);
    store.put(version('a', 5));
    await expect(convertOnce(store, repository, MOMENTS[moment]!(repository))).rejects.toThrow();
    await expectAsUndisturbed(store, directory, ['a', 'b']);
  }

  test.each(OTHERS)('%s, the change of a run is made good by the next conversion', changeBrokenOff);

  test.each(AHEAD_OF_LEDGER)('%s, the change of a run is made good, and its note is not doubled', changeBrokenOff);

  test.each(AHEAD_OF_LEDGER)('%s, a change of the run before the next conversion is not lost', async (moment) => {
    const directory = temporaryDirectory();
    const store = new MemoryStore(EXPERIMENT, [version('a', 0)]);
    const repository = Repository.open(directory);
    await expect(convertOnce(store, repository, MOMENTS[moment]!(repository))).rejects.toThrow();
    store.put(version('a', 1));
    await expectAsUndisturbed(store, directory, ['a']);
  });

  test.each([1, 2, 3, 4])('after the rows of a change, the next change is not lost (to version %p)', async (next) => {
    const directory = temporaryDirectory();
    const store = new MemoryStore(EXPERIMENT, [version('a', 1)]);
    const repository = Repository.open(directory);
    await convertOnce(store, repository);
    store.put(version('a', 5));
    await expect(convertOnce(store, repository, MOMENTS['after the rows']!(repository))).rejects.toThrow();
    store.put(version('a', next));
    await expectAsUndisturbed(store, directory, ['a']);
  });

  test.each([0, 2, 4])('twice at different moments, no change is lost or doubled (to version %p)', async (next) => {
    const directory = temporaryDirectory();
    const store = new MemoryStore(EXPERIMENT, [version('a', 1)]);
    const repository = Repository.open(directory);
    await convertOnce(store, repository);
    for (const [number, moment] of [
      [5, 'after the rows'],
      [3, 'before the rows'],
      [3, 'before the rows'],
    ] as const) {
      store.put(version('a', number));
      await expect(convertOnce(store, repository, MOMENTS[moment]!(repository))).rejects.toThrow();
    }
    store.put(version('a', next));
    await expectAsUndisturbed(store, directory, ['a']);
  });

  test('a group that was not published is not in the ledger', async () => {
    const store = new MemoryStore(EXPERIMENT, [version('a', 1)]);
    const repository = Repository.open(temporaryDirectory());
    const error = await convertOnce(store, repository, { writeIndex: async () => fail() }).catch(
      (cause: unknown) => cause,
    );
    expect(isDisturbed(error)).toBe(true);
    expect(ledgerOf(repository, ['a'])).toEqual([undefined]);
  });
});

describe('any changes of runs and broken conversions', () => {
  const ids = ['a', 'b', 'c'];
  const change = fc.tuple(fc.constantFrom(...ids), fc.integer({ min: 0, max: 5 }));
  const moment = fc.option(fc.constantFrom(...Object.keys(MOMENTS)));
  const rounds = fc.array(fc.record({ changes: fc.array(change, { maxLength: 3 }), moment }), { maxLength: 4 });

  test('end as an undisturbed conversion of what the source is at the end', async () => {
    await fc.assert(
      fc.asyncProperty(rounds, async (all) => {
        const directory = temporaryDirectory();
        const store = new MemoryStore(
          EXPERIMENT,
          ids.map((id) => version(id, 0)),
        );
        const repository = Repository.open(directory);
        for (const { changes, moment } of all) {
          for (const [id, number] of changes) store.put(version(id, number));
          if (moment === null) await convertOnce(store, repository);
          else await broken(store, repository, moment);
        }
        await expectAsUndisturbed(store, directory, ids);
      }),
      { numRuns: 6 },
    );
  });
});
