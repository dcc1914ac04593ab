import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Repository } from '../../src/aim/repository.js';
import { RunMetadata } from '../../src/aim/run-metadata.js';
import type { RunProperties } from '../../src/aim/run-properties.js';
import type { DeletedPolicy } from '../../src/policies.js';
import { Deletions } from '../../src/state/deletions.js';
import { Ledger, type LedgerEntry } from '../../src/state/ledger.js';
import { handMadeRun } from '../support/hand-made-run.js';
import { temporaryDirectory } from '../support/temporary.js';

const RUN = 'a'.repeat(32);
const PROPERTIES: RunProperties = {
  name: 'calm-owl-12',
  creationTime: 1,
  archived: false,
  labels: [],
  experiment: { name: 'mnist' },
};
const { signal } = new AbortController();

let repository: Repository;
let metadata: RunMetadata;
let ledger: Ledger;

beforeEach(() => {
  repository = Repository.open(temporaryDirectory());
  metadata = new RunMetadata(repository.metadataFile);
  ledger = Ledger.open(repository.ledgerFile);
  handMadeRun(repository, RUN, {});
  metadata.write(RUN, PROPERTIES);
  note({});
});
afterEach(() => {
  metadata.close();
  ledger.close();
});

function note(fields: Partial<LedgerEntry>): void {
  const entry = { hash: RUN, runId: RUN, source: 's', revision: 'r', inputs: 'i', reviewAt: null };
  ledger.write([{ ...entry, properties: PROPERTIES, ...fields }]);
}

const deletions = (policy: DeletedPolicy) => new Deletions(repository, metadata, ledger, policy);

/** MLflow has deleted the run; returns what was done about it. */
function follow(policy: DeletedPolicy) {
  const found = deletions(policy);
  found.add(RUN);
  return found.apply();
}

/** The run is back in MLflow, and converted. */
function comeBack(): void {
  const entry = ledger.get(RUN)!;
  metadata.write(RUN, PROPERTIES, entry.properties);
  note({});
}

const personArchives = () => metadata.write(RUN, { ...PROPERTIES, archived: true }, PROPERTIES);
const isThere = () => existsSync(repository.meta(RUN)) || existsSync(repository.seqs(RUN));

const DELETED = { runId: RUN, runHash: RUN, runName: 'calm-owl-12', experiment: 'mnist' };

describe('--deleted archive', () => {
  test('archives the run once', () => {
    expect(follow('archive')).toEqual([{ ...DELETED, action: 'archived' }]);
    expect(metadata.isArchived(RUN)).toBe(true);
    expect(follow('archive')).toEqual([]);
  });

  test('unarchives a run that comes back, whatever it looks like then', () => {
    follow('archive');
    expect(ledger.get(RUN)!.revision).not.toBe('r');
    comeBack();
    expect(metadata.isArchived(RUN)).toBe(false);
    expect(follow('archive')).toHaveLength(1);
  });

  test('leaves a run archived that a person had archived, also when it comes back', () => {
    personArchives();
    expect(follow('archive')).toHaveLength(1);
    comeBack();
    expect(metadata.isArchived(RUN)).toBe(true);
  });

  test('archives a run that was kept before', () => {
    follow('keep');
    expect(follow('archive')).toMatchObject([{ action: 'archived' }]);
  });

  test.each([
    ['before the row is written', false],
    ['after the row is written', true],
  ])('knows its own archiving from a person’s when it is killed %s', (_, isWritten) => {
    const write = metadata.write.bind(metadata);
    jest.spyOn(metadata, 'write').mockImplementation((...run) => {
      if (isWritten) write(...run);
    });
    // the process dies when it would write the ledger for the second time
    const ledgerWrite = ledger.write.bind(ledger);
    const killed = jest
      .spyOn(ledger, 'write')
      .mockImplementationOnce(ledgerWrite)
      .mockImplementationOnce(() => {
        throw new Error('killed');
      });
    expect(() => follow('archive')).toThrow('killed');
    killed.mockRestore();
    jest.restoreAllMocks();
    expect(metadata.isArchived(RUN)).toBe(isWritten);

    expect(follow('archive')).toHaveLength(1);
    expect(metadata.isArchived(RUN)).toBe(true);
    comeBack();
    expect(metadata.isArchived(RUN)).toBe(false);
  });
});

describe('--deleted remove', () => {
  test('removes the row, the files and what the ledger knows', () => {
    expect(follow('remove')).toEqual([{ ...DELETED, action: 'removed' }]);
    expect([metadata.has(RUN), isThere(), ledger.get(RUN)]).toEqual([false, false, undefined]);
  });

  test('archives a run that Aim has written since it was converted, and says why', () => {
    // what RocksDB leaves in a database that it has opened to write
    writeFileSync(join(repository.meta(RUN), 'OPTIONS-000007'), '');
    expect(follow('remove')).toEqual([{ ...DELETED, action: 'archived', code: 'changed-by-aim' }]);
    expect([metadata.isArchived(RUN), isThere()]).toEqual([true, true]);
    expect(follow('remove')).toEqual([]);
  });

  test('removes a run that was archived or kept before', () => {
    follow('archive');
    expect(follow('remove')).toMatchObject([{ action: 'removed' }]);
  });

  test('completes a removal in which it was killed, whatever the policy is by then', () => {
    const killed = jest.spyOn(ledger, 'delete').mockImplementation(() => {
      throw new Error('killed');
    });
    expect(() => follow('remove')).toThrow('killed');
    killed.mockRestore();
    expect(ledger.get(RUN)).toMatchObject({ deleted: 'removing' });
    expect(follow('keep')).toMatchObject([{ action: 'removed' }]);
    expect([metadata.has(RUN), isThere(), ledger.get(RUN)]).toEqual([false, false, undefined]);
  });
});

describe('--deleted keep', () => {
  test('leaves the run as it is, and reads it again when it comes back', () => {
    expect(follow('keep')).toEqual([{ ...DELETED, action: 'kept' }]);
    expect([metadata.isArchived(RUN), isThere(), ledger.get(RUN)!.revision]).toEqual([false, true, '']);
    expect(follow('keep')).toEqual([]);
  });
});

describe('a deleted run', () => {
  test('is left alone if it was never converted', () => {
    ledger.delete(RUN);
    expect(follow('remove')).toEqual([]);
    expect(metadata.has(RUN)).toBe(true);
  });

  test('is left alone if a person has removed it in Aim', () => {
    metadata.remove(RUN);
    expect(follow('archive')).toEqual([]);
  });

  test.each(['archive', 'remove', 'keep'] as const)('waits while Aim is tracking it (%s)', (policy) => {
    mkdirSync(join(repository.path, 'locks'), { recursive: true });
    writeFileSync(join(repository.path, 'locks', `${RUN}.softlock`), '');
    expect(follow(policy)).toEqual([]);
    expect([metadata.isArchived(RUN), isThere(), ledger.get(RUN)?.revision]).toEqual([false, true, 'r']);
  });
});

describe('a run that a listing lacks', () => {
  test('is deleted where listing is all that a source can do', async () => {
    const found = deletions('archive');
    await found.addMissing([RUN], {}, signal);
    expect([found.isEmpty, found.apply()]).toEqual([false, [expect.objectContaining({ runId: RUN })]]);
    expect(found.isEmpty).toBe(true);
  });

  test.each([
    ['is deleted if the source says that it does not have it', [RUN], false],
    ['is not deleted if the source has it, or does not answer', [], true],
  ])('%s', async (_, missing, isEmpty) => {
    const found = deletions('archive');
    await found.addMissing([RUN], { missingRuns: async () => missing }, signal);
    expect(found.isEmpty).toBe(isEmpty);
  });

  test('is not asked for when there is nothing to do about it', async () => {
    follow('archive');
    const missingRuns = jest.fn(async () => [RUN]);
    const found = deletions('archive');
    await found.addMissing([RUN, 'b'.repeat(32)], { missingRuns }, signal);
    expect([found.isEmpty, missingRuns.mock.calls.length]).toEqual([true, 0]);
  });
});
