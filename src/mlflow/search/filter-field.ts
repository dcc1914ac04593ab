import { ATTRIBUTES, attributeKey, DATASET_KEYS, FIELD_NAMES, type Field } from './filter-clause.js';
import type { Token } from './filter-tokens.js';
import type { TokenCursor, Written } from './token-cursor.js';

/** What joins the parts of a name for sqlparse; MLflow takes the whole for a key. */
const JOINTS: readonly string[] = ['.', '::', '->', '->>'];

const TYPES: ReadonlyMap<string, Field['type']> = new Map(
  Object.entries(FIELD_NAMES).flatMap(([type, names]) => names.map((name) => [name, type as Field['type']] as const)),
);

/** Reads the field with which a clause begins. */
export function readField(cursor: TokenCursor): Field {
  const identifier = readIdentifier(cursor);
  if (identifier === undefined) throw cursor.error(cursor.at, reasonOf(cursor.token));
  const { text, at } = identifier;
  const period = text.indexOf('.');
  const typeName = period < 0 ? 'attribute' : withoutQuotes(text.slice(0, period), '`');
  const key = withoutQuotes(withoutQuotes(text.slice(period + 1), `'"`), '`');
  const type = TYPES.get(typeName);
  switch (type) {
    case undefined: {
      const known = Object.values(FIELD_NAMES).map(([name]) => name);
      throw cursor.error(at, `there is nothing called ${typeName}`, `Fields are written as ${known.join('.…, ')}.….`);
    }
    case 'attribute': {
      const attribute = attributeKey(key);
      if (attribute !== undefined) return { type, key: attribute };
      const others = ['params', 'metrics', 'tags'].map((name) => `${name}.${key}`).join(', ');
      const hint = `Attributes are ${ATTRIBUTES.join(', ')}. A param, metric or tag is written as ${others}.`;
      throw cursor.error(at, `${key} is no attribute that can be searched for`, hint);
    }
    case 'dataset':
      if (DATASET_KEYS.includes(key)) return { type, key };
      throw cursor.error(at, `datasets cannot be searched for by ${key}`, `They have ${DATASET_KEYS.join(', ')}.`);
    default:
      return { type, key };
  }
}

/** Reads a name with its type, quoted or not: as it is written, since MLflow splits it at the first period, wherever that is. */
export function readIdentifier(cursor: TokenCursor): Written | undefined {
  if (!isName(cursor.token)) return undefined;
  const { at } = cursor;
  let end = cursor.take();
  while (JOINTS.some((joint) => cursor.isAt(joint))) {
    end = cursor.take();
    if (!isName(cursor.token) && cursor.token?.kind !== 'text' && !cursor.isAt('*')) break;
    end = cursor.take();
    if (cursor.isAt('(')) end = cursor.takeGroup('(', ')');
  }
  if (cursor.isAt('[')) end = cursor.takeGroup('[', ']');
  return cursor.written(at, end);
}

/** A field as messages name it. */
export function nameOf({ type, key }: Field): string {
  return `${FIELD_NAMES[type][0]}.${key}`;
}

export function isQuoted(text: string, quote: string): boolean {
  return text.length >= 2 && text.startsWith(quote) && text.endsWith(quote);
}

function isName(token: Token | undefined): boolean {
  return token?.kind === 'word' || token?.kind === 'name' || token?.kind === 'symbol';
}

/** Without a pair of one of these quotes around it. */
function withoutQuotes(text: string, quotes: string): string {
  return [...quotes].some((quote) => isQuoted(text, quote)) ? text.slice(1, -1) : text;
}

/** Why no field is there. */
function reasonOf(token: Token | undefined): string {
  const word = token?.kind === 'keyword' ? token.text.toUpperCase() : undefined;
  if (word === 'OR') return 'filters have no OR';
  if (word === 'NOT') return 'nothing can be negated as a whole';
  if (token?.text === '(') return 'conditions cannot be in parentheses';
  return 'a field is expected, such as params.lr or metrics.accuracy';
}
