/** What a clause of a filter is about. Keys of attributes are MLflow's own: `start_time`, never `created`. */
export interface Field {
  readonly type: 'attribute' | 'param' | 'tag' | 'dataset' | 'metric';
  readonly key: string;
}

export type NumberComparator = '=' | '!=' | '<' | '<=' | '>' | '>=';
export type TextComparator = '=' | '!=' | 'LIKE' | 'ILIKE';

/** What it asks of that; nothing but `IS NULL` is true of a field that a run does not have. */
export type Test =
  | { readonly type: 'number'; readonly comparator: NumberComparator; readonly value: number }
  | { readonly type: 'text'; readonly comparator: TextComparator; readonly value: string }
  | { readonly type: 'list'; readonly comparator: 'IN' | 'NOT IN'; readonly values: readonly string[] }
  | { readonly type: 'null'; readonly comparator: 'IS NULL' | 'IS NOT NULL' };

/** One condition of a filter. */
export interface Clause {
  readonly field: Field;
  readonly test: Test;
}

/** The names that filters have for the types of fields; the first one is that of messages. */
export const FIELD_NAMES: Readonly<Record<Field['type'], readonly string[]>> = {
  attribute: ['attributes', 'attribute', 'attr', 'run'],
  param: ['params', 'param', 'parameters', 'parameter'],
  tag: ['tags', 'tag'],
  dataset: ['datasets', 'dataset'],
  metric: ['metrics', 'metric'],
};

const TEXT_ATTRIBUTES = ['run_id', 'run_name', 'status', 'user_id', 'artifact_uri'];
const NUMBER_ATTRIBUTES = ['start_time', 'end_time'];
const ALIASES: Readonly<Record<string, string>> = {
  created: 'start_time',
  Created: 'start_time',
  'run name': 'run_name',
  'Run name': 'run_name',
  'Run Name': 'run_name',
};

export const ATTRIBUTES: readonly string[] = [...TEXT_ATTRIBUTES, ...NUMBER_ATTRIBUTES];
export const DATASET_KEYS: readonly string[] = ['name', 'digest', 'context'];

/** MLflow's own name of an attribute; undefined for none that can be searched for. */
export function attributeKey(name: string): string | undefined {
  if (Object.hasOwn(ALIASES, name)) return ALIASES[name];
  return ATTRIBUTES.includes(name) ? name : undefined;
}

/** Whether a field holds numbers, rather than texts. */
export function isNumeric({ type, key }: Field): boolean {
  return type === 'metric' || (type === 'attribute' && NUMBER_ATTRIBUTES.includes(key));
}
