import { expect, test } from '@jest/globals';
import { DEFAULT_CONCURRENCY, DEFAULT_WATCH, watchPolicy, withDefaults } from '../src/options.js';
import { DEFAULT_ARTIFACTS, DEFAULT_MAPPING } from '../src/policies.js';

const ENDS = { trackingUri: 'mlruns', repo: '.' };

test('source and destination are enough', () => {
  expect(withDefaults(ENDS)).toEqual({
    ...ENDS,
    selection: {},
    force: false,
    includeDeleted: false,
    inProcess: false,
    deleted: 'archive',
    overwrite: false,
    restoreRemoved: false,
    missing: { accept: [], unaccept: [] },
    concurrency: DEFAULT_CONCURRENCY,
    source: { concurrency: DEFAULT_CONCURRENCY },
    mapping: DEFAULT_MAPPING,
    artifacts: DEFAULT_ARTIFACTS,
  });
  expect(watchPolicy(ENDS)).toEqual(DEFAULT_WATCH);
});

test('what is given replaces just its own default', () => {
  const given = { concurrency: 3, mapping: { rawParams: true }, missing: { accept: ['s3://gone'] }, poll: true };
  expect(withDefaults({ ...ENDS, ...given, artifacts: { maxSize: 1, terminalLog: 'x.log' } })).toMatchObject({
    concurrency: 3,
    source: { concurrency: 3 },
    mapping: { ...DEFAULT_MAPPING, rawParams: true },
    missing: { accept: ['s3://gone'], unaccept: [] },
    artifacts: { ...DEFAULT_ARTIFACTS, maxSize: 1, terminalLog: 'x.log' },
  });
  expect(withDefaults({ ...ENDS, ...given, source: { concurrency: 7 } }).source).toEqual({ concurrency: 7 });
  expect(watchPolicy({ ...ENDS, ...given })).toEqual({ ...DEFAULT_WATCH, poll: true });
});

test('undefined means absent, as JavaScript programs write it', () => {
  const given = { overwrite: undefined, mapping: { staleAfter: undefined }, source: { workspace: undefined } };
  const resolved = withDefaults({ ...ENDS, ...(given as object) });
  expect(resolved).toEqual(withDefaults(ENDS));
  expect(resolved.source).not.toHaveProperty('workspace');
});
