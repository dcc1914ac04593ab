import { describe, expect, test } from '@jest/globals';
import type { PageRun } from '../../../src/report/page/page-data.js';
import { type Query, RunSearch } from '../../../src/report/page/search.js';

const run = (id: string, more: Partial<PageRun> = {}): PageRun => ({
  id: `${id}c0ffee`,
  experiment: 'resnet50',
  outcome: 'new',
  points: 0,
  artifacts: 0,
  ...more,
});

const runs = [
  run('a1', { name: 'run 10', points: 5, seconds: 1 }),
  run('a2', { name: 'Run 2', points: 50, notices: ['3 files of no kind'], groups: ['left no-kind'] }),
  run('b1', { outcome: 'failed', reason: 'Permission DENIED: x', seconds: 0.1 }),
  run('b2', { outcome: 'unchanged', unread: ['params lr: no such file'] }),
  run('c1', { outcome: 'skipped', reason: 'Deleted in MLflow.', experiment: 'Bert' }),
];

function ids(query: Partial<Query>): string {
  const found = new RunSearch(runs).find({ words: '', filter: 'all', order: 'attention', ...query });
  return found.map(({ id }) => id.slice(0, 2)).join(' ');
}

describe('the search of the page', () => {
  test('shows what matters first', () => expect(ids({})).toBe('b1 b2 c1 a2 a1'));

  test.each([
    ['permission denied', 'b1'],
    ['  RUN   2 ', 'a2'],
    ['bert', 'c1'],
    ['lr file', 'b2'],
    ['A1c0', 'a1'],
    ['a1', ''],
    ['c0ffee', ''],
    ['nothing like it', ''],
  ])('finds %j by all its words, in any case', (words, found) => expect(ids({ words })).toBe(found));

  test.each([
    ['failed', 'b1'],
    ['incomplete', 'b2'],
    ['noticed', 'a2'],
    ['skipped', 'c1'],
    ['unchanged', 'b2'],
    ['left no-kind', 'a2'],
    ['left other', ''],
  ])('filters by %s', (filter, found) => expect(ids({ filter })).toBe(found));

  test('offers the filters that some run passes', () => {
    const filters = new RunSearch(runs).filters();
    expect(filters.map(({ label, runs: count }) => `${label} ${count}`)).toEqual([
      'All 5',
      'Failed 1',
      'Incomplete 1',
      'Something left behind 1',
      'Skipped 1',
      'New 2',
      'Unchanged 1',
    ]);
  });

  test('orders by time, points and name as people do', () => {
    expect(ids({ order: 'slowest' })).toBe('a1 b1 a2 b2 c1');
    expect(ids({ order: 'points' })).toBe('a2 a1 b1 b2 c1');
    expect(ids({ order: 'name' })).toBe('b1 b2 c1 a2 a1');
  });
});
