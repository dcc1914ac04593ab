/**
 * A value as it is expected in Aim. The JavaScript type tells Aim's: `bigint` is an int, `number` a float (3 and 3.0 differ there), a
 * `Map` a dict, an array a list.
 */
export type Plain = null | boolean | bigint | number | string | readonly Plain[] | PlainDict;

export type PlainDict = ReadonlyMap<string | bigint, Plain>;

/** A param or JSON text with more values stays text. */
export const MOST_VALUES = 100_000;

const INT64_LIMIT = 2n ** 63n;

export function isInt64(value: bigint): boolean {
  return value >= -INT64_LIMIT && value < INT64_LIMIT;
}

/** Aim has no empty key: it becomes `(empty)`, or `(empty) 2`, `(empty) 3` … where that is taken. */
export function withNamedKeys(dict: PlainDict): PlainDict {
  const nameless = dict.get('');
  if (nameless === undefined) return dict;
  const named = new Map(dict);
  named.delete('');
  let name = '(empty)';
  for (let n = 2; named.has(name); n++) name = `(empty) ${n}`;
  return named.set(name, nameless);
}

/** A dict without what is not there: undefined, empty texts, empty lists and dicts. */
export function dictOf(entries: Readonly<Record<string, Plain | undefined>>): PlainDict {
  const there = Object.entries(entries).filter((entry): entry is [string, Plain] => !isNothing(entry[1]));
  return new Map(there);
}

function isNothing(value: Plain | undefined): boolean {
  if (value === undefined || value === '') return true;
  if (value instanceof Map) return value.size === 0;
  return Array.isArray(value) && value.length === 0;
}
