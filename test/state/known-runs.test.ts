import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Repository } from '../../src/aim/repository.js';
import { RunMetadata } from '../../src/aim/run-metadata.js';
import { FileStore } from '../../src/mlflow/file/file-store.js';
import { isUpToDate } from '../../src/run/convert-run.js';
import type { EnumeratedRun } from '../../src/stages/enumerate-runs.js';
import { AcceptedMissing } from '../../src/state/accepted-missing.js';
import { KnownRuns } from '../../src/state/known-runs.js';
import { Ledger, type LedgerEntry } from '../../src/state/ledger.js';
import { Retries } from '../../src/state/retries.js';
import { id, newStore } from '../support/example-store.js';
import { convertOnce, NOW } from '../support/one-conversion.js';
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
function knownRuns(accepted = AcceptedMissing.NOTHING): KnownRuns {
  const threads = {
    check: async (jobs: Parameters<ConstructorParameters<typeof KnownRuns>[3]['check']>[0]) =>
      jobs.map((job) => ({ upToDate: isUpToDate(job, job.known?.revision ?? '', job.known?.inputs ?? '', NOW) })),
  };
  const retries = new Retries(() => clock);
  return new KnownRuns(repository, ledger, metadata, threads, retries, accepted, {
    includeDeleted: false,
    restoreRemoved: false,
  });
}

async function isLookedAt(known: KnownRuns, hinted = false): Promise<boolean> {
  const [checked] = await known.check([run], hinted);
  expect(checked?.job.known).toBeDefined();
  return checked?.upToDate === false;
}

function change(fields: Partial<LedgerEntry>): void {
  const entry = ledger.get(RUN);
  if (entry !== undefined) ledger.write([{ ...entry, ...fields }]);
}

describe('a watch looks at a run again of which something could not be read', () => {
  test('at once, and then every ten minutes', async () => {
    const known = knownRuns();
    expect(await isLookedAt(known)).toBe(true);
    clock += 10 * MINUTES - 1;
    expect(await isLookedAt(known)).toBe(false);
    clock += 1;
    expect([await isLookedAt(known), await isLookedAt(known)]).toEqual([true, false]);
  });

  test('when something happens to it, unless it goes on: then something happens all the time', async () => {
    const known = knownRuns();
    await isLookedAt(known);
    change({ active: false });
    expect([await isLookedAt(known, true), await isLookedAt(known)]).toEqual([true, false]);
    change({ active: true });
    expect(await isLookedAt(known, true)).toBe(false);
    clock += 10 * MINUTES;
    expect(await isLookedAt(known, true)).toBe(true);
  });

  test('but not when that is accepted as missing', async () => {
    const accept = { accept: [disk], unaccept: [] };
    const accepted = AcceptedMissing.remember(repository.ledgerFile, accept);
    expect(await isLookedAt(knownRuns(accepted))).toBe(false);
    const revoked = AcceptedMissing.remember(repository.ledgerFile, { accept: [], unaccept: [disk] });
    expect(await isLookedAt(knownRuns(revoked))).toBe(true);
  });

  test('and one whose directory of files was not there when that comes, accepted or not', async () => {
    change({ unread: [] });
    const known = knownRuns();
    expect(await isLookedAt(known)).toBe(false);
    mkdirSync(join(disk, 'results'), { recursive: true });
    clock += 10 * MINUTES;
    expect(await isLookedAt(known)).toBe(true);
  });
});
