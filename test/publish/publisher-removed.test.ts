import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Repository } from '../../src/aim/repository.js';
import { writeIndex } from '../../src/aim/run-index.js';
import { RunMetadata } from '../../src/aim/run-metadata.js';
import { Publisher } from '../../src/publish/publisher.js';
import { Ledger } from '../../src/state/ledger.js';
import { repositoryState } from '../support/repository-state.js';
import { stagedRun } from '../support/staged-run.js';
import { temporaryDirectory } from '../support/temporary.js';

let directory: string;
let repository: Repository;
let metadata: RunMetadata;
let ledger: Ledger;

beforeEach(async () => {
  directory = temporaryDirectory();
  repository = Repository.open(directory);
  metadata = new RunMetadata(repository.metadataFile);
  ledger = Ledger.open(repository.ledgerFile);
  const first = publisher();
  for (const hash of ['a', 'b']) await first.add(stagedRun(repository, hash, 3));
  await first.finish();
});
afterEach(() => {
  metadata.close();
  ledger.close();
});

function publisher(between: () => void = () => {}): Publisher {
  const index = async (hashes: readonly string[], finished: boolean) => {
    between();
    return writeIndex(repository, hashes, finished);
  };
  const events = { onPublished: () => undefined, onPassedOver: () => {}, onWarning: () => {} };
  return new Publisher({ repository, metadata, ledger, source: '/data/mlruns', writeIndex: index, events });
}

const removeRow = () => metadata.transaction(() => metadata.remove('a'));
const removeData = () => {
  for (const data of [repository.meta('a'), repository.seqs('a')]) rmSync(data, { recursive: true, force: true });
};

async function expectGone(): Promise<void> {
  const { runs, rows, leftovers } = repositoryState(directory);
  expect([Object.keys(runs), rows.map(({ hash }) => hash)]).toEqual([['b'], ['b']]);
  expect(leftovers.filter((name) => name !== 'mlflow2aim.staging')).toEqual([]);
  expect(ledger.get('a')).toBeDefined();
}

test.each<[string, () => void]>([
  [
    'as a whole',
    () => {
      removeRow();
      removeData();
    },
  ],
  ['as far as its row', removeRow],
])('a run that was removed in Aim (%s) while it was written again stays away', async (_, remove) => {
  const again = publisher();
  await again.add({ ...stagedRun(repository, 'a', 5), existsInAim: true });
  remove();
  await again.finish();
  await expectGone();
});

test('a run that is removed in Aim while it is being moved into place stays away', async () => {
  const again = publisher(removeRow);
  await again.add({ ...stagedRun(repository, 'a', 5), existsInAim: true });
  await again.finish();
  await expectGone();
});
