import { expect, test } from '@jest/globals';
import { experimentTagsLeft } from '../../src/mapping/experiment-tags.js';
import { makeExperiment } from './fixtures.js';

const experiment = (name: string, ...tags: string[]) =>
  makeExperiment({ name, tags: new Map(tags.map((tag) => [tag, 'x'])) });

test.each([
  ['without tags', [experiment('a')], undefined],
  ['with tags of MLflow', [experiment('a', 'mlflow.note.content', 'mlflow.experimentKind')], undefined],
  [
    'with tags of its own',
    [experiment('a'), experiment('b', 'team', 'mlflow.note.content', 'owner')],
    'Aim has no place for the tags of experiment b: owner, team.',
  ],
  [
    'that are several',
    [experiment('a', 'team'), experiment('b', ...'klmnopqrst'), experiment('c', 'team')],
    'Aim has no place for the tags of 3 experiments: k, l, m, n, o, p, q, r, s, t and 1 more.',
  ],
])('of experiments %s', (_, experiments, sentence) => {
  expect(experimentTagsLeft(experiments)).toBe(sentence);
});
