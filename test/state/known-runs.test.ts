import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Repository } from '../../src/aim/repository.js';
import { RunMetadata } from '../../src/aim/run-metadata.js';
import { FileStore } from '../../src/mlflow/file/file-store.js';
import { isUpToDate } from '../../src/run/decide-run.js';
import type { EnumeratedRun } from '../../src/stages/enumerate-runs.js';
import { AcceptedMissing } from '../../src/state/accepted-missing.js';
import { KnownRuns, type KnownRunsContext } from '../../src/state/known-runs.js';
import { Ledger, type LedgerEntry } from '../../src/state/ledger.js';
import { Retries } from '../../src/state/retries.js';
import { convertOnce, NOW } from '../support/conversions.js';
import { id, newStore } from '../support/example-store.js';
import { temporaryDirectory } from '../support/temporary.js';

const MINUTES = 60_000;
const RUN = id('a');

let disk: string;
let repository: Repository;
let run: EnumeratedRun;
let ledger: Ledger;
let metadata: RunMetadata;
let clock: number;

/** A store with one run whose files lie on a disk that is not mounted; converted. */
beforeEach(async () => {
  disk = join(temporaryDirectory(), 'disk');
  repository = Repository.open(temporaryDirectory());
  const store = newStore();
  store.run('1', { runId: RUN, artifactUri: join(disk, 'results') });
  await convertOnce(new FileStore(store.root), repository);
  run = {
    experiment: { id: '1', name: 'e', lifecycleStage: 'active', tags: new Map() },
    ref: { runId: RUN, experimentId: '1', locator: `1/${RUN}` },
  };
  ledger = Ledger.open(repository.ledgerFile);
  metadata = new RunMetadata(repository.metadataFile);
  clock = 1_000_000;
});
afterEach(() => {
  ledger.close();
  metadata.close();
});

/** What a watch knows; nothing changes in the source. */
function knownRuns(given: Partial<KnownRunsContext> = {}): KnownRuns {
  return new KnownRuns({
    repository,
    ledger,
    metadata,
    converter: {
      check: async (tasks) =>
        tasks.map((task) => ({
          upToDate: isUpToDate(task, { revision: task.known?.revision ?? '', inputs: task.known?.inputs ?? '' }),
        })),
    },
    retries: new Retries(() => clock),
    families: { of: async () => undefined },
    accepted: AcceptedMissing.NOTHING,
    options: { includeDeleted: false, restoreRemoved: false },
    now: () => NOW,
    ...given,
  });
}

async function isRetried(known: KnownRuns, changed = false): Promise<boolean> {
  const [checked] = await known.check([run], { changed });
  expect(checked?.known).toBeDefined();
  return checked?.isUpToDate === false;
}

function change(fields: Partial<LedgerEntry>): void {
  const entry = ledger.get(RUN);
  if (entry !== undefined) ledger.write([{ ...entry, ...fields }]);
}

describe('a run with parts that could not be read', () => {
  test('is retried at once, and then every ten minutes', async () => {
    const known = knownRuns();
    expect(await isRetried(known)).toBe(true);
    clock += 10 * MINUTES - 1;
    expect(await isRetried(known)).toBe(false);
    clock += 1;
    expect([await isRetried(known), await isRetried(known)]).toEqual([true, false]);
  });

  test('is retried when it changes, unless it is active, which changes all the time', async () => {
    const known = knownRuns();
    await isRetried(known);
    change({ active: false });
    expect([await isRetried(known, true), await isRetried(known)]).toEqual([true, false]);
    change({ active: true });
    expect(await isRetried(known, true)).toBe(false);
    clock += 10 * MINUTES;
    expect(await isRetried(known, true)).toBe(true);
  });

  test('is not retried while they are accepted as missing', async () => {
    const accept = { accept: [disk], unaccept: [] };
    const accepted = AcceptedMissing.remember(repository.ledgerFile, accept);
    expect(await isRetried(knownRuns({ accepted }))).toBe(false);
    const revoked = AcceptedMissing.remember(repository.ledgerFile, { accept: [], unaccept: [disk] });
    expect(await isRetried(knownRuns({ accepted: revoked }))).toBe(true);
  });

  test('is retried when the awaited directory of its files appears, accepted or not', async () => {
    change({ unread: [] });
    const known = knownRuns();
    expect(await isRetried(known)).toBe(false);
    mkdirSync(join(disk, 'results'), { recursive: true });
    clock += 10 * MINUTES;
    expect(await isRetried(known)).toBe(true);
    const [checked] = await knownRuns().check([run]);
    expect(checked?.known?.again).toEqual([{ part: 'artifacts', empty: true }]);
  });
});

describe('a check', () => {
  test('tells the converter what it needs, and neither the metrics nor the unread parts', async () => {
    change({ appendState: 'large' });
    const tasks: unknown[] = [];
    const converter: KnownRunsContext['converter'] = {
      check: async (asked) => {
        tasks.push(...asked);
        return asked.map(() => ({ upToDate: true, revision: 'r2' }));
      },
    };
    const [checked] = await knownRuns({ converter }).check([run]);
    expect(checked).toMatchObject({ isUpToDate: true, revision: 'r2', known: { appendState: 'large' } });
    expect(tasks).toEqual([
      { ...run, hash: RUN, now: NOW, existsInAim: true, known: expect.not.objectContaining({ appendState: 'large' }) },
    ]);
    expect(tasks).toEqual([
      expect.objectContaining({ known: expect.not.objectContaining({ unread: expect.anything() }) }),
    ]);
  });

  test('that gets no answer leaves the run to be converted', async () => {
    const [checked] = await knownRuns({ converter: { check: async () => [] } }).check([run]);
    expect(checked).toMatchObject({ isUpToDate: false, hash: RUN });
    expect(checked?.revision).toBeUndefined();
  });

  test('asks nothing about runs that were never converted', async () => {
    const other = { ...run, ref: { ...run.ref, runId: id('b') } };
    const converter = { check: () => Promise.reject(new Error('asked')) };
    const [checked] = await knownRuns({ converter }).check([other]);
    expect(checked).toEqual({ ...other, hash: id('b'), now: NOW, existsInAim: false, isUpToDate: false });
  });

  test('asks nothing about runs of deleted experiments that are left out', async () => {
    const deleted = { ...run, experiment: { ...run.experiment, lifecycleStage: 'deleted' as const } };
    const converter = { check: () => Promise.reject(new Error('asked')) };
    expect(await knownRuns({ converter }).check([deleted])).toMatchObject([{ isUpToDate: false }]);
    const included = knownRuns({ options: { includeDeleted: true, restoreRemoved: false } });
    expect([knownRuns().isLeftOut(deleted), included.isLeftOut(deleted)]).toEqual([true, false]);
  });

  test('reviews a run that was converted although MLflow has deleted it, once deleted runs are left out', async () => {
    const entry = ledger.get(RUN)!;
    change({ properties: { ...entry.properties, archived: true }, reviewAt: null });
    expect((await knownRuns().check([run]))[0]?.known?.reviewAt).toBe(0);
    const options = { includeDeleted: true, restoreRemoved: false };
    expect((await knownRuns({ options }).check([run]))[0]?.known?.reviewAt).toBeNull();
    change({ deleted: 'archived' });
    expect((await knownRuns().check([run]))[0]?.known?.reviewAt).toBeNull();
  });

  test('says whether a converted run was active', async () => {
    change({ active: true });
    expect((await knownRuns().check([run]))[0]?.wasActive).toBe(true);
  });
});

describe('a run was removed in Aim', () => {
  const removed = (given: Partial<KnownRunsContext> = {}) => knownRuns(given).wasRemoved({ hash: RUN });
  const aim = (has: boolean, hasOnceSettled = has) => ({
    metadata: { has: () => has, hasOnceSettled: () => hasOnceSettled, whenReadable: async () => {} },
  });
  const withoutData = { repository: { meta: () => join(disk, 'no such directory') } };

  test('if its row is gone, with or without its data', () => {
    expect([removed(), removed(aim(false)), removed({ ...withoutData, ...aim(false) })]).toEqual([false, true, true]);
  });

  test('if Aim is removing it at this moment: its row is still there, and gone once that is done', () => {
    expect(removed({ ...withoutData, ...aim(true, false) })).toBe(true);
  });

  test('not if only its data is gone: it is damaged', () => {
    expect(removed({ ...withoutData, ...aim(true) })).toBe(false);
  });

  test('not if its row was never finished', () => {
    change({ pending: [ledger.get(RUN)!.properties] });
    expect(removed(aim(false))).toBe(false);
  });

  test('not if it was never converted, and not if removed runs are to be restored', () => {
    expect(knownRuns(aim(false)).wasRemoved({ hash: id('b') })).toBe(false);
    expect(removed({ ...aim(false), options: { includeDeleted: false, restoreRemoved: true } })).toBe(false);
  });
});
