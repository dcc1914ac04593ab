import { describe, expect, test } from '@jest/globals';
import type { PageRun } from '../../../src/report/page/page-data.js';
import { type Query, RunSearch } from '../../../src/report/page/search.js';

const run = (id: string, more: Partial<PageRun> = {}): PageRun => ({
  id: `${id}c0ffee`,
  experiment: 'resnet50',
  badges: [],
  points: 0,
  keys: [],
  weight: 0,
  ...more,
});

const runs = [
  run('a1', { name: 'run 10', points: 5, seconds: 1, keys: ['new'] }),
  run('a2', {
    name: 'Run 2',
    points: 50,
    lists: [{ title: 'Left behind', texts: ['3 files of no kind'] }],
    keys: ['new', 'left no-kind'],
    weight: 1,
  }),
  run('b1', { reason: 'Permission DENIED: x', seconds: 0.1, keys: ['failed'], weight: 4 }),
  run('b2', { lists: [{ title: 'Not read', texts: ['params lr: no such file'] }], weight: 3 }),
  run('c1', { badges: [{ word: 'skipped', tone: 'warn' }], experiment: 'Bert', weight: 2 }),
];

function ids(query: Partial<Query>): string {
  const found = new RunSearch(runs).find({ words: '', key: undefined, order: 'attention', ...query });
  return found.map(({ id }) => id.slice(0, 2)).join(' ');
}

describe('the search of the page', () => {
  test('shows what matters first', () => expect(ids({})).toBe('b1 b2 c1 a2 a1'));

  test.each([
    ['permission denied', 'b1'],
    ['  RUN   2 ', 'a2'],
    ['bert', 'c1'],
    ['SKIPPED', 'c1'],
    ['lr file', 'b2'],
    ['A1c0', 'a1'],
    ['a1', ''],
    ['c0ffee', ''],
    ['nothing like it', ''],
  ])('finds %j by all its words, in any case', (words, found) => expect(ids({ words })).toBe(found));

  test.each([
    ['failed', 'b1'],
    ['left no-kind', 'a2'],
    ['other', ''],
  ])('filters by %s', (key, found) => expect(ids({ key })).toBe(found));

  test('offers the filters that some run passes', () => {
    const filters = ['new', 'none', 'failed'].map((key) => ({ key, label: key.toUpperCase() }));
    expect(new RunSearch(runs).counted(filters)).toEqual([
      { key: 'new', label: 'NEW', runs: 2 },
      { key: 'failed', label: 'FAILED', runs: 1 },
    ]);
  });

  test('orders by time, points and name as people do', () => {
    expect(ids({ order: 'slowest' })).toBe('a1 b1 a2 b2 c1');
    expect(ids({ order: 'points' })).toBe('a2 a1 b1 b2 c1');
    expect(ids({ order: 'name' })).toBe('b1 b2 c1 a2 a1');
  });
});
