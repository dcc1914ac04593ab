import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { convert } from '../../src/library/convert.js';
import { DEFAULT_ARTIFACTS, DEFAULT_MAPPING } from '../../src/policies.js';
import { Ledger } from '../../src/state/ledger.js';
import { type Policies, RecordedPolicies, readPolicies } from '../../src/state/recorded-policies.js';
import { exampleStore } from '../support/example-store.js';
import { temporaryDirectory } from '../support/temporary.js';

const DEFAULTS: Policies = { mapping: DEFAULT_MAPPING, artifacts: DEFAULT_ARTIFACTS, source: {} };

/** A ledger with one run for each of these inputs. */
function ledger(...inputs: string[]): string {
  const file = join(temporaryDirectory(), 'mlflow2aim.sqlite');
  const opened = Ledger.open(file);
  const experiment = { name: 'mnist' };
  const properties = { creationTime: 0, archived: false, labels: [], experiment };
  opened.write(
    inputs.map((each) => ({
      hash: each,
      runId: each,
      source: '',
      revision: '',
      reviewAt: null,
      inputs: each,
      properties,
    })),
  );
  opened.close();
  return file;
}

test('are read as they were given, infinity included', () => {
  const file = ledger('a');
  const policies: Policies = {
    mapping: {
      repeatedSteps: 'split',
      rawParams: true,
      staleAfter: Number.POSITIVE_INFINITY,
      labels: [{ glob: 'stage', color: '#18AB6D' }],
      contexts: [{ context: 'subset', value: 'train', prefix: 'train_', suffix: '' }],
    },
    artifacts: { ...DEFAULT_ARTIFACTS, rules: [{ include: false, glob: '*.pt' }], terminalLog: '*.log' },
    source: { copyLinks: true, workspace: 'team' },
  };
  RecordedPolicies.begin(file, policies).remember('a');
  expect(readPolicies(file).get('a')).toEqual(policies);
});

test('hold no credentials', () => {
  const file = ledger('a');
  const source = { artifactsDestination: 's3://key:secret@bucket/path' };
  RecordedPolicies.begin(file, { ...DEFAULTS, source }).remember('a');
  expect(JSON.stringify([...readPolicies(file)])).not.toContain('secret');
});

test('stay as long as a run was converted by them', () => {
  const file = ledger('a');
  const first = RecordedPolicies.begin(file, DEFAULTS);
  first.remember('a');
  first.remember('gone');
  const mapping = { ...DEFAULT_MAPPING, rawParams: true };
  RecordedPolicies.begin(file, { ...DEFAULTS, mapping }).remember('new');
  expect([...readPolicies(file)]).toEqual([
    ['a', DEFAULTS],
    ['new', { ...DEFAULTS, mapping }],
  ]);
});

test('are none in a ledger of an earlier version; the next conversion records those of runs that it finds unchanged', async () => {
  const store = exampleStore();
  const repo = temporaryDirectory();
  const options = { trackingUri: store.root, repo, inProcess: true };
  await convert(options);
  const file = join(repo, '.aim', 'mlflow2aim.sqlite');
  const recorded = readPolicies(file);
  expect([...recorded.values()]).toContainEqual({ ...DEFAULTS, source: {} });
  const database = new DatabaseSync(file);
  database.exec('DROP TABLE policies');
  database.close();
  expect(readPolicies(file)).toEqual(new Map());
  await convert(options);
  expect(readPolicies(file)).toEqual(recorded);
});
