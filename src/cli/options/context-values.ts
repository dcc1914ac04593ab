import { InvalidArgumentError } from 'commander';
import { type ContextRule, OWN_CONTEXTS } from '../../policies.js';

const SUBSETS: readonly (readonly [value: string, ...prefixes: string[]])[] = [
  ['train', 'train'],
  ['val', 'val', 'valid', 'validation'],
  ['test', 'test'],
  ['eval', 'eval'],
];

/** The rules of `--context auto`: the usual prefixes. */
const AUTO: readonly ContextRule[] = SUBSETS.flatMap(([value, ...prefixes]) =>
  prefixes.flatMap((name) =>
    ['_', '/'].map((separator) => ({ context: 'subset', value, prefix: `${name}${separator}`, suffix: '' })),
  ),
);

const EXPECTED = 'Expected auto, or a context and patterns such as subset=train:train_*,train/*.';

/** The rules of one `--context`: `auto`, or `NAME=VALUE:PATTERN[,PATTERN…]`, where the one `*` of a pattern stands for the metric's name. */
export function parseContext(text: string): readonly ContextRule[] {
  if (text === 'auto') return AUTO;
  const [, context = '', value = '', patterns = ''] = /^([^=:]+)=([^:]+):(.+)$/s.exec(text) ?? [];
  if (context === '') throw new InvalidArgumentError(EXPECTED);
  if (OWN_CONTEXTS.has(context)) {
    throw new InvalidArgumentError(`The context ${context} has a meaning of its own; choose another name.`);
  }
  return patterns.split(',').map((pattern) => {
    const parts = pattern.split('*');
    if (parts.length !== 2 || pattern === '*') {
      throw new InvalidArgumentError(`${EXPECTED} A pattern has one * and something beside it.`);
    }
    return { context, value, prefix: parts[0]!, suffix: parts[1]! };
  });
}
