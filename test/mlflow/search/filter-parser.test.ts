import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConvertError } from '../../../src/errors.js';
import { FIELD_NAMES, type Field } from '../../../src/mlflow/search/filter-clause.js';
import { parseFilter } from '../../../src/mlflow/search/filter-parser.js';

const text = (type: Field['type'], key: string, comparator: string, value: string) => ({
  field: { type, key },
  test: { type: 'text', comparator, value },
});
const number = (type: Field['type'], key: string, comparator: string, value: number) => ({
  field: { type, key },
  test: { type: 'number', comparator, value },
});

// what MLflow itself makes of these is compared in test/interop/choosing.test.ts
describe('a filter is read:', () => {
  test.each([
    ['', []],
    ["params.lr = '0.1'", [text('param', 'lr', '=', '0.1')]],
    ['parameter.lr!="a b"', [text('param', 'lr', '!=', 'a b')]],
    ["params.`net/depth` like 'a%'", [text('param', 'net/depth', 'LIKE', 'a%')]],
    ["params.'a b' = 'it''s'", [text('param', 'a b', '=', "it''s")]],
    ["tags.mlflow.runName ilike 'x'", [text('tag', 'mlflow.runName', 'ILIKE', 'x')]],
    ["params.a = 'it\\'s'", [text('param', 'a', '=', "it\\'s")]],
    [
      'metrics."val loss" >= -1.5e3 AND metrics.f1<.5',
      [number('metric', 'val loss', '>=', -1500), number('metric', 'f1', '<', 0.5)],
    ],
    ['metrics.loss[0] > 5.', [number('metric', 'loss[0]', '>', 5)]],
    ['metrics.top(5) = 1', [number('metric', 'top(5)', '=', 1)]],
    ['metrics.2x != 0', [number('metric', '2x', '!=', 0)]],
    [
      'created > 1 and\n `run name` = "x"',
      [number('attribute', 'start_time', '>', 1), text('attribute', 'run_name', '=', 'x')],
    ],
    ["status = 'FINISHED'", [text('attribute', 'status', '=', 'FINISHED')]],
    [
      "run.end_time < 7 dataset.context = 'eval'",
      [number('attribute', 'end_time', '<', 7), text('dataset', 'context', '=', 'eval')],
    ],
    [
      'AND tags.a IS NULL and params.b is not null AND',
      [
        { field: { type: 'tag', key: 'a' }, test: { type: 'null', comparator: 'IS NULL' } },
        { field: { type: 'param', key: 'b' }, test: { type: 'null', comparator: 'IS NOT NULL' } },
      ],
    ],
    [
      "run_id NOT IN ('a', \"b\", 'c' 'd', 'e\\x41\\'',)",
      [
        {
          field: { type: 'attribute', key: 'run_id' },
          test: { type: 'list', comparator: 'NOT IN', values: ['a', 'b', 'cd', "eA'"] },
        },
      ],
    ],
  ])('%s', (filter, clauses) => {
    expect(parseFilter(filter)).toEqual(clauses);
  });
});

describe('a filter is refused, with the place:', () => {
  test.each([
    [' ', 'at its end: it is blank'],
    ["params.lr == 'x'", "at character 11 (== 'x'): params.lr cannot be compared by =="],
    ["metrics.acc > 'high'", "at character 15 ('high'): metrics.acc is compared with a number"],
    ['params.lr = 0.1', 'at character 13 (0.1): params.lr is compared with a text in quotes'],
    ["lr = '0.1'", "at character 1 (lr = '0.1'): lr is no attribute that can be searched for"],
    ["foo.bar = 'x'", "at character 1 (foo.bar = 'x'): there is nothing called foo"],
    ["datasets.source = 'x'", 'datasets cannot be searched for by source'],
    ["params.a = 'b' OR params.a = 'c'", "at character 16 (OR params.a = 'c'): filters have no OR"],
    ["(params.a = 'b')", 'conditions cannot be in parentheses'],
    ["NOT params.a = 'b'", 'nothing can be negated as a whole'],
    ["params.a = 'b' tags.c IS NULL", 'at character 16 (tags.c IS NULL): AND is missing before it'],
    ['metrics.a IS NULL', 'at character 14 (NULL): only params and tags can be compared with NULL'],
    ["params.a IS 'x'", 'IS is followed by NULL or NOT NULL'],
    ["params.a IN ('x')", 'only attributes.run_id and datasets can be compared with a list'],
    ['run_id IN (1)', 'at character 11 ((1)): the list is not one of quoted texts'],
    ["run_id IN ('a'", "at character 11 (('a'): ( is not closed"],
    ["run_id IN 'a'", 'a list in parentheses is expected'],
    ["params.a NOT LIKE 'x'", 'params.a cannot be compared by NOT LIKE'],
    ['params.a', 'at its end: a comparison is expected'],
    ["params.a = 'x", "at character 12 ('x): params.a is compared with a text in quotes"],
    ["params.a = 'x' -- note", 'a field is expected'],
    [`metrics.a > 1 ${' '.repeat(100_000)}`, 'it has more than 100000 characters'],
  ])('%s', (filter, message) => {
    expect(() => parseFilter(filter)).toThrow(
      expect.objectContaining({ kind: 'fatal', code: 'invalid-argument', message: expect.stringContaining(message) }),
    );
  });
});

const key = fc.stringMatching(/^[^`"'\\]{1,12}$/).filter((some) => some.trim() === some);
const value = fc.string({ maxLength: 12 }).filter((some) => !/['"\\]/.test(some));

test('any key and value are read as they were written, by each name that a field has', () => {
  const field = fc.constantFrom(...(['param', 'tag', 'metric'] as const)).chain((type) =>
    fc.record({
      type: fc.constant(type),
      name: fc.constantFrom(...FIELD_NAMES[type]),
      key,
      quote: fc.constantFrom('`', '"'),
    }),
  );
  const clause = fc.record({
    field,
    value,
    number: fc.double({ noNaN: true, noDefaultInfinity: true }),
    quote: fc.constantFrom("'", '"'),
  });
  fc.assert(
    fc.property(
      fc.array(clause, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(' AND ', ' and ', '\n and\t'),
      (clauses, and) => {
        const written = clauses.map((one) => {
          const name = `${one.field.name}.${one.field.quote}${one.field.key}${one.field.quote}`;
          const digits = one.number.toString().replace('e+', 'e');
          return one.field.type === 'metric' ? `${name} = ${digits}` : `${name} = ${one.quote}${one.value}${one.quote}`;
        });
        const expected = clauses.map((one) =>
          one.field.type === 'metric'
            ? number('metric', one.field.key, '=', Number(one.number.toString()))
            : text(one.field.type, one.field.key, '=', one.value),
        );
        expect(parseFilter(written.join(and))).toEqual(expected);
      },
    ),
  );
});

test('anything is read or refused, in time', () => {
  const piece = fc.constantFrom(
    "'",
    '"',
    '`',
    '.',
    '(',
    ')',
    '[',
    ' ',
    '=',
    'AND',
    'IN',
    'params',
    'a',
    '1',
    '-',
    '\\',
    '::',
  );
  const filter = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.array(piece, { maxLength: 60 }).map((some) => some.join('')),
  );
  fc.assert(
    fc.property(filter, (some) => {
      try {
        parseFilter(some);
      } catch (error) {
        expect(error).toBeInstanceOf(ConvertError);
      }
    }),
  );
});

test.each([["'"], ['"'], ['`'], ['('], ["''"], ["\\'"], ['a.']])('%s many times is read or refused in time', (some) => {
  const begun = performance.now();
  expect(() => parseFilter(some.repeat(20_000))).toThrow(ConvertError);
  expect(performance.now() - begun).toBeLessThan(5_000);
});
