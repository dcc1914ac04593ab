import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type NestedRun, revisionWith } from '../../src/family.js';
import { mapAttributes } from '../../src/mapping/attributes.js';
import { Families } from '../../src/state/families.js';
import { countChildren, expectedFamily } from '../../src/verify/expected/family.js';
import { makeExperiment, makeRun } from './fixtures.js';

const RUNS: Readonly<Record<string, NestedRun>> = {
  root: { name: 'sweep-parent' },
  a: { name: 'fold', parentId: 'root' },
  b: { parentId: 'a' },
  deleted: { name: 'x', parentId: 'root', isDeleted: true },
  lost: { name: 'y', parentId: 'gone' },
  gone: {},
  one: { name: 'one', parentId: 'two' },
  two: { name: 'two', parentId: 'one' },
};

function familyOf(runs: Readonly<Record<string, NestedRun>>, runId: string) {
  const families = new Families({ nestedRuns: async () => new Map(Object.entries(runs)) });
  return families.of({ experiment: makeExperiment(), ref: { runId, experimentId: '1', locator: '' } });
}

test.each([
  ['root', { depth: 0n, children: 1n }],
  ['a', { parent: 'sweep-parent', parent_id: 'root', root: 'sweep-parent', root_id: 'root', depth: 1n, children: 1n }],
  ['b', { parent: 'fold', parent_id: 'a', root: 'sweep-parent', root_id: 'root', depth: 2n }],
  ['lost', { parent_id: 'gone', root_id: 'gone', depth: 1n }],
  ['one', { parent: 'two', parent_id: 'two', children: 1n }],
  ['alone', undefined],
])('the place of %s among nested runs', async (id, tree) => {
  const parentId = RUNS[id]?.parentId;
  const run = makeRun({ tags: new Map(parentId === undefined ? [] : [['mlflow.parentRunId', parentId]]) });
  const family = await familyOf(RUNS, id);
  const found = mapAttributes(run, makeExperiment(), { trackingUri: 'x', family }, { rawParams: false }).get('tree');
  expect(found).toEqual(tree && new Map(Object.entries(tree)));
});

test('parents that are not those of the tag are not told', async () => {
  const run = makeRun({ tags: new Map([['mlflow.parentRunId', 'other']]) });
  const family = await familyOf(RUNS, 'b');
  const found = mapAttributes(run, makeExperiment(), { trackingUri: 'x', family }, { rawParams: false }).get('tree');
  expect(found).toEqual(new Map([['parent_id', 'other']]));
});

test('the two derivations agree on any parents, and revisions change with them', async () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const nested = fc.record({ name: id, parentId: id, isDeleted: fc.boolean() }, { requiredKeys: [] });
  await fc.assert(
    fc.asyncProperty(fc.dictionary(id, nested), id, async (runs, runId) => {
      const map = new Map(Object.entries(runs as Record<string, NestedRun>));
      const family = await familyOf(runs as Record<string, NestedRun>, runId);
      const expected = expectedFamily(map, countChildren(map), runId);
      expect(expected).toEqual(family);
      expect(revisionWith('r', expected)).toBe(revisionWith('r', family));
    }),
    { numRuns: 500 },
  );
});
