import {
  type Clause,
  type Field,
  isNumeric,
  type NumberComparator,
  type Test,
  type TextComparator,
} from './filter-clause.js';
import { filterError } from './filter-error.js';
import { isQuoted, nameOf, readField, readIdentifier } from './filter-field.js';
import type { Token } from './filter-tokens.js';
import { pythonTexts } from './python-texts.js';
import { TokenCursor } from './token-cursor.js';

/** A longer one is none that anybody writes; run ids have a flag of their own. */
const MAX_LENGTH = 100_000;

const NUMBER_COMPARATORS: readonly string[] = ['=', '!=', '<', '<=', '>', '>='] satisfies NumberComparator[];
const TEXT_COMPARATORS: readonly string[] = ['=', '!=', 'LIKE', 'ILIKE'] satisfies TextComparator[];

const LIST_HINT = "A list is written as ('a', 'b').";

/**
 * Reads a filter in MLflow's search syntax, as MLflow 3 does (mlflow.utils.search_utils.SearchUtils with sqlparse): clauses joined by
 * AND, all of which must hold. What MLflow refuses is refused, even where MLflow itself notices it only when it meets a run.
 *
 * @throws ConvertError `fatal`, with the place of the fault
 */
export function parseFilter(filter: string): Clause[] {
  if (filter.length > MAX_LENGTH) {
    throw filterError('', 0, `it has more than ${MAX_LENGTH} characters`, 'To name many runs, use --run-id @FILE.');
  }
  const cursor = new TokenCursor(filter);
  if (filter !== '' && cursor.token === undefined) throw cursor.error(cursor.at, 'it is blank');
  const clauses: Clause[] = [];
  let before: Test['type'] | undefined;
  while (cursor.token !== undefined) {
    if (cursor.takeKeyword('AND')) {
      before = undefined;
      continue;
    }
    const { at } = cursor;
    const clause = readClause(cursor);
    const { type } = clause.test;
    // MLflow does not insist on AND, but takes a name behind a value or list for its alias, unless that begins a comparison
    const isAlias = before !== undefined && before !== 'null' && (type === 'list' || type === 'null');
    if (isAlias) throw cursor.error(at, 'AND is missing before it');
    clauses.push(clause);
    before = type;
  }
  return clauses;
}

function readClause(cursor: TokenCursor): Clause {
  const field = readField(cursor);
  const { token } = cursor;
  if (token?.kind === 'comparator') {
    cursor.take();
    return { field, test: readComparison(cursor, field, token) };
  }
  if (cursor.takeKeyword('IS')) return { field, test: readNull(cursor, field) };
  const isNegated = cursor.takeKeyword('NOT');
  if (!cursor.takeKeyword('IN')) throw cursor.error(cursor.at, 'a comparison is expected, such as = or LIKE');
  return { field, test: { type: 'list', comparator: isNegated ? 'NOT IN' : 'IN', values: readList(cursor, field) } };
}

function readComparison(cursor: TokenCursor, field: Field, { text, at }: Token): Test {
  const comparator = text.toUpperCase();
  const numeric = isNumeric(field);
  const allowed = numeric ? NUMBER_COMPARATORS : TEXT_COMPARATORS;
  if (!allowed.includes(comparator)) {
    const all = [
      ...allowed,
      ...(canBeNull(field) ? ['IS NULL', 'IS NOT NULL'] : hasLists(field) ? ['IN', 'NOT IN'] : []),
    ];
    throw cursor.error(
      at,
      `${nameOf(field)} cannot be compared by ${text}`,
      `It can be compared by ${all.join(', ')}.`,
    );
  }
  if (!numeric) return { type: 'text', comparator: comparator as TextComparator, value: readText(cursor, field) };
  const { token } = cursor;
  if (token?.kind !== 'number') throw cursor.error(cursor.at, `${nameOf(field)} is compared with a number`);
  cursor.take();
  return { type: 'number', comparator: comparator as NumberComparator, value: Number(token.text) };
}

/** MLflow takes off the outer quotes, and nothing else: nothing is escaped. */
function readText(cursor: TokenCursor, field: Field): string {
  const { at, token } = cursor;
  const text = token?.kind === 'text' ? cursor.written(at, cursor.take()).text : (readIdentifier(cursor)?.text ?? '');
  if (isQuoted(text, "'") || isQuoted(text, '"')) return text.slice(1, -1);
  const hint = `Write ${nameOf(field)} = 'value', and quotes of the shell around the whole filter.`;
  throw cursor.error(at, `${nameOf(field)} is compared with a text in quotes`, hint);
}

function readNull(cursor: TokenCursor, field: Field): Test {
  const { at, token } = cursor;
  const comparator = `IS ${token?.text.toUpperCase()}`;
  if (token?.kind !== 'keyword' || (comparator !== 'IS NULL' && comparator !== 'IS NOT NULL')) {
    throw cursor.error(at, 'IS is followed by NULL or NOT NULL');
  }
  if (!canBeNull(field)) throw cursor.error(at, 'only params and tags can be compared with NULL');
  cursor.take();
  return { type: 'null', comparator };
}

function readList(cursor: TokenCursor, field: Field): readonly string[] {
  const { at } = cursor;
  if (!cursor.isAt('(')) throw cursor.error(at, 'a list in parentheses is expected', LIST_HINT);
  const { text } = cursor.written(at, cursor.takeGroup('(', ')'));
  if (!hasLists(field)) {
    const hint = 'Filters have no OR; run the command once for each value.';
    throw cursor.error(at, `only attributes.run_id and datasets can be compared with a list`, hint);
  }
  const values = pythonTexts(text);
  if (values === undefined) throw cursor.error(at, 'the list is not one of quoted texts', LIST_HINT);
  return values;
}

function canBeNull({ type }: Field): boolean {
  return type === 'param' || type === 'tag';
}

function hasLists({ type, key }: Field): boolean {
  return type === 'dataset' || (type === 'attribute' && key === 'run_id');
}
