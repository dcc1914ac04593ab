import type { AimDict, AimKey, AimValue } from '../aim/value.js';

/** A dict of those entries that are there: undefined, empty strings, empty dicts and empty lists are left out. */
export function present(entries: Iterable<readonly [AimKey, AimValue | undefined]>): AimDict {
  const dict = new Map<AimKey, AimValue>();
  for (const [key, value] of entries) {
    if (value !== undefined && !isEmpty(value)) dict.set(key, value);
  }
  return dict;
}

function isEmpty(value: AimValue): boolean {
  if (typeof value === 'string' || Array.isArray(value)) return value.length === 0;
  return value instanceof Map && value.size === 0;
}
