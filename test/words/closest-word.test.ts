import { expect, test } from '@jest/globals';
import { closestWord } from '../../src/words/closest-word.js';

const FLAGS = ['max-artifact-size', 'max-text-size', 'repo', 'report', 'interval', 'poll'];

test.each([
  ['max-artefact-size', 'max-artifact-size'],
  ['max-artifact-sizes', 'max-artifact-size'],
  ['repotr', 'report'],
  ['rep', 'repo'],
  ['intervall', 'interval'],
  ['pol', 'poll'],
  ['x', undefined],
  ['unheard-of', undefined],
  ['', undefined],
])('%j was meant as %j', (misspelt, word) => expect(closestWord(misspelt, FLAGS)).toBe(word));
