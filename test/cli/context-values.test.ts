import { describe, expect, test } from '@jest/globals';
import { parseContext } from '../../src/cli/options/context-values.js';

describe('--context', () => {
  test('takes patterns of one context, each with what stands around the name', () => {
    expect(parseContext('subset=train:train_*,train/*,*_t')).toEqual([
      { context: 'subset', value: 'train', prefix: 'train_', suffix: '' },
      { context: 'subset', value: 'train', prefix: 'train/', suffix: '' },
      { context: 'subset', value: 'train', prefix: '', suffix: '_t' },
    ]);
  });

  test('auto stands for the usual prefixes', () => {
    const rules = parseContext('auto');
    expect(rules).toHaveLength(12);
    expect(rules).toContainEqual({ context: 'subset', value: 'val', prefix: 'validation/', suffix: '' });
  });

  test.each([
    ['train_*', 'Expected auto'],
    ['subset=train', 'Expected auto'],
    ['subset=train:', 'Expected auto'],
    ['subset=train:*', 'one * and something beside it'],
    ['subset=train:train_', 'one * and something beside it'],
    ['subset=train:a*b*', 'one * and something beside it'],
    ['dataset=train:train_*', 'has a meaning of its own'],
  ])('%s is refused', (text, why) => {
    expect(() => parseContext(text)).toThrow(why);
  });
});
