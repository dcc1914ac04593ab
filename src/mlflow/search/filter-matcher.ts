import type { Clause, Field, NumberComparator, Test } from './filter-clause.js';
import { type LikeStyle, likePattern } from './like.js';

type Awaitable<T> = T | Promise<T>;

/** What datasets are searched for by. */
export interface SearchedDataset {
  readonly name: string;
  readonly digest: string;
  readonly context?: string;
}

/** The fields of one run; each is asked for only if a clause needs it and those before hold. Undefined for what the run lacks. */
export interface SearchedFields {
  attribute(key: string): Awaitable<string | number | undefined>;
  text(part: 'param' | 'tag', key: string): Awaitable<string | undefined>;
  datasets(): Awaitable<readonly SearchedDataset[]>;
  /** The last value, as MLflow has it. */
  metric(key: string): Awaitable<number | undefined>;
}

/** The order in which types of fields are asked for: what costs least comes first. */
const ORDER: readonly Field['type'][] = ['attribute', 'param', 'tag', 'dataset', 'metric'];

const COMPARE: Readonly<Record<NumberComparator, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** The clauses of a filter, ready to be held against runs. */
export class FilterMatcher {
  readonly #clauses: readonly { readonly field: Field; readonly holds: (value: unknown) => boolean }[];

  constructor(clauses: readonly Clause[], style: LikeStyle) {
    this.#clauses = clauses
      .map(({ field, test }) => ({ field, holds: predicate(test, style) }))
      .sort((a, b) => ORDER.indexOf(a.field.type) - ORDER.indexOf(b.field.type));
  }

  /** Whether all clauses hold; rejects with what the fields reject with. */
  async matches(fields: SearchedFields): Promise<boolean> {
    for (const { field, holds } of this.#clauses) {
      const values =
        field.type === 'dataset' ? await datasetValues(field.key, fields) : [await readField(field, fields)];
      if (!values.some(holds)) return false;
    }
    return true;
  }

  /** The keys of this type that are asked for, each once. */
  keys(type: Field['type']): string[] {
    return [...new Set(this.#clauses.filter(({ field }) => field.type === type).map(({ field }) => field.key))];
  }
}

function readField({ type, key }: Field, fields: SearchedFields): Awaitable<string | number | undefined> {
  if (type === 'attribute') return fields.attribute(key);
  if (type === 'metric') return fields.metric(key);
  return fields.text(type === 'param' ? 'param' : 'tag', key);
}

/** A clause about datasets holds if it does for any dataset of the run. */
async function datasetValues(key: string, fields: SearchedFields): Promise<(string | undefined)[]> {
  return (await fields.datasets()).map(({ name, digest, context }) =>
    key === 'name' ? name : key === 'digest' ? digest : context,
  );
}

function predicate(test: Test, style: LikeStyle): (value: unknown) => boolean {
  switch (test.type) {
    case 'null':
      return (value) => (value === undefined) === (test.comparator === 'IS NULL');
    case 'number':
      return (value) => typeof value === 'number' && COMPARE[test.comparator](value, test.value);
    case 'list': {
      const values = new Set<unknown>(test.values);
      return (value) => value !== undefined && values.has(value) === (test.comparator === 'IN');
    }
    case 'text': {
      const { comparator, value: expected } = test;
      if (comparator === '=') return (value) => value === expected;
      if (comparator === '!=') return (value) => value !== undefined && value !== expected;
      const isLike = likePattern(expected, style, comparator === 'ILIKE');
      return (value) => typeof value === 'string' && isLike(value);
    }
  }
}
