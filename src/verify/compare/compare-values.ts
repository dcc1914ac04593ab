import type { DictKey, DictValue, Value } from '../contents.js';
import type { Plain, PlainDict } from '../expected/values.js';
import { show, showValue } from './show.js';

/** Where in a tree two values differ. */
export interface ValueDifference {
  readonly kind: 'missing' | 'extra' | 'differs';
  readonly path: readonly DictKey[];
  readonly expected?: string;
  readonly found?: string;
}

/** Walks two trees in step, and yields each place where they differ. Floats are compared bit by bit, but for the payload of a NaN. */
export function* compareDicts(
  expected: PlainDict,
  found: DictValue,
  path: readonly DictKey[] = [],
): Generator<ValueDifference> {
  for (const [key, value] of expected) {
    const there = found.entries.get(key);
    if (there === undefined) yield { kind: 'missing', path: [...path, key], expected: show(value) };
    else yield* compareValues(value, there, [...path, key]);
  }
  for (const [key, value] of found.entries) {
    if (!expected.has(key)) yield { kind: 'extra', path: [...path, key], found: showValue(value) };
  }
}

function* compareValues(expected: Plain, found: Value, path: readonly DictKey[]): Generator<ValueDifference> {
  if (expected instanceof Map && found.type === 'dict') {
    yield* compareDicts(expected as PlainDict, found, path);
  } else if (Array.isArray(expected) && found.type === 'list') {
    const items = expected as readonly Plain[];
    for (let i = 0; i < Math.max(items.length, found.items.length); i++) {
      const at = [...path, BigInt(i)];
      if (i >= items.length) yield { kind: 'extra', path: at, found: showValue(found.items[i]) };
      else if (i >= found.items.length) yield { kind: 'missing', path: at, expected: show(items[i]) };
      else yield* compareValues(items[i]!, found.items[i]!, at);
    }
  } else if (!isSameScalar(expected, found)) {
    yield { kind: 'differs', path, expected: show(expected), found: showValue(found) };
  }
}

function isSameScalar(expected: Plain, found: Value): boolean {
  switch (found.type) {
    case 'none':
      return expected === null;
    case 'bool':
    case 'int':
    case 'string':
      return expected === found.value;
    case 'float':
      return typeof expected === 'number' && isSameFloat(expected, found);
    default:
      return false;
  }
}

/** Any NaN is as good as any other: MLflow has no payloads. */
export function isSameFloat(expected: number, found: { readonly value: number; readonly bits: bigint }): boolean {
  return Number.isNaN(expected) ? Number.isNaN(found.value) : bitsOf(expected) === found.bits;
}

const FLOAT = new Float64Array(1);
const BITS = new BigUint64Array(FLOAT.buffer);

function bitsOf(value: number): bigint {
  FLOAT[0] = value;
  return BITS[0]!;
}

/** A path as a person reads it: `params.lr`, `datasets[0].name`. */
export function pathText(path: readonly DictKey[]): string {
  const text = path.map((key) =>
    typeof key === 'bigint' ? `[${key}]` : /^[\w-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`,
  );
  return text.join('').replace(/^\./, '');
}

/** One text for each context, whatever the order of its keys. */
export function contextText(context: PlainDict | DictValue): string {
  const isFound = !(context instanceof Map);
  const entries = [...(isFound ? (context as DictValue).entries : context)].map(([key, value]): [string, string] => [
    typeof key === 'bigint' ? `${key}` : JSON.stringify(key),
    isFound ? showValue(value as Value) : show(value as Plain),
  ]);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, value]) => `${key}: ${value}`).join(', ')}}`;
}
