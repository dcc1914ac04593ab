import type { AimKey } from '../aim/value.js';

const EMPTY = '(empty)';

/**
 * The same dict with its empty key, if it has one, called `(empty)`: Aim cannot encode an empty key. Where that name is
 * taken it becomes `(empty) 2`, `(empty) 3` …, so that neither of the two entries is lost.
 */
export function withoutEmptyKey<V>(dict: ReadonlyMap<AimKey, V>): ReadonlyMap<AimKey, V> {
  if (!dict.has('')) return dict;
  let name = EMPTY;
  for (let n = 2; dict.has(name); n++) name = `${EMPTY} ${n}`;
  return new Map(Array.from(dict, ([key, value]) => [key === '' ? name : key, value]));
}
