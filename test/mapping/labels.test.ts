import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { labelsOf } from '../../src/mapping/labels.js';
import { runPage } from '../../src/mapping/run-page.js';
import type { LabelRule } from '../../src/policies.js';
import { expectedLabels } from '../../src/verify/expected/labels.js';
import { makeRun } from './fixtures.js';

const labels = (tags: Record<string, string>, ...rules: LabelRule[]) =>
  labelsOf('FINISHED', new Map(Object.entries(tags)), rules);
const names = (tags: Record<string, string>, ...globs: string[]) =>
  labels(tags, ...globs.map((glob) => ({ glob }))).map(({ name }) => name);

test('tags that a glob names become labels, by key; those of MLflow never', () => {
  const tags = { team: 'red', stage: 'dev', 'a/b': '1', 'mlflow.user': 'ada', reviewed: '', other: 'x' };
  expect(names(tags)).toEqual([]);
  expect(names(tags, 'stage', 'te*')).toEqual(['stage: dev', 'team: red']);
  expect(names(tags, '*')).toEqual(['a/b: 1', 'other: x', 'reviewed', 'stage: dev', 'team: red']);
  expect(names({ 'a[0]': '1', a0: '2' }, 'a[0]')).toEqual(['a0: 2', 'a[0]: 1']);
});

test('the last colour wins; without one it follows from the name', () => {
  const stage = { stage: 'dev' };
  expect(labels(stage, { glob: 'stage', color: '#111111' }, { glob: 's*', color: '#222222' }, { glob: '*' })).toEqual([
    { name: 'stage: dev', color: '#222222' },
  ]);
  const [[first], [second]] = [labels(stage, { glob: '*' }), labels({ ...stage, a: 'b' }, { glob: 'stage' })];
  expect(first).toEqual(second);
  expect(first?.color).toMatch(/^#[0-9A-F]{6}$/);
});

test('they stay readable, and stand behind that of the status', () => {
  expect(names({ a: ' x\n\t y ', b: 'z'.repeat(200) }, '*')).toEqual(['a: x y', `b: ${'z'.repeat(96)}…`]);
  const many = new Map(Array.from({ length: 500 }, (_, i) => [`k${i}`, 'v']));
  const all = labelsOf('FAILED', many, [{ glob: '*' }]);
  expect([all.length, all[0]?.name]).toEqual([100, 'FAILED']);
});

test('what is no glob is told', () => {
  expect(() => names({ a: 'b' }, '[a')).toThrow('is no glob for keys of tags');
});

test('the two derivations agree', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', ' ', '\n', '.', '-', 'ü'), maxLength: 6 });
  const glob = fc.constantFrom('*', 'a*', '?', '[ab]', '{a,b}*', 'a/*', '**', 'a', 'b/');
  fc.assert(
    fc.property(fc.dictionary(text, text), fc.array(glob, { maxLength: 3 }), (tags, globs) => {
      const run = makeRun({ status: 'KILLED', tags: new Map(Object.entries(tags)) });
      const rules = globs.map((one) => ({ glob: one }));
      const written = labelsOf(run.status, run.tags, rules).map(({ name }) => name);
      expect(expectedLabels(run, rules)).toEqual(written);
    }),
  );
});

test.each([
  ['http://host:5000', undefined, 'http://host:5000/#/experiments/2/runs/r'],
  ['https://host/prefix/', undefined, 'https://host/prefix/#/experiments/2/runs/r'],
  ['sqlite:///m.db', undefined, undefined],
  ['/data/mlruns', 'https://ui/x', 'https://ui/x/#/experiments/2/runs/r'],
])('the page of a run of %s, with %s, is %s', (uri, ui, page) => {
  expect(runPage(uri, ui, { id: 'r', experimentId: '2' })).toBe(page);
});
