import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AimValue } from '../../src/aim/value.js';
import { parsePythonLiteral } from '../../src/mapping/python-literal.js';

/** What ast.literal_eval of CPython 3.11 says about each text; tuples are lists in Aim. */
const LITERALS: readonly (readonly [text: string, value: AimValue])[] = [
  ['1', 1n],
  ['-1', -1n],
  ['+1', 1n],
  ['- 1', -1n],
  ['-(1)', -1n],
  ['-((1))', -1n],
  ['-\\\n1', -1n],
  ['-0', 0n],
  ['00', 0n],
  ['0_0', 0n],
  ['1_000', 1000n],
  ['0x1F', 31n],
  ['0X1f', 31n],
  ['0x_f', 15n],
  ['0o17', 15n],
  ['0B1', 1n],
  ['9223372036854775807', 9223372036854775807n],
  ['-9223372036854775808', -9223372036854775808n],
  ['-(9223372036854775808)', -9223372036854775808n],
  ['9007199254740993', 9007199254740993n],

  ['1.0', 1],
  ['1.', 1],
  ['.5', 0.5],
  ['-.5e-3', -0.0005],
  ['-0.0', -0],
  ['1e5', 100000],
  ['1E+5', 100000],
  ['1e1_0', 1e10],
  ['1_000.0_1', 1000.01],
  ['007.5', 7.5],
  ['0_7.5', 7.5],
  ['0777e1', 7770],
  ['0.30000000000000004', 0.30000000000000004],
  ['5e-324', 5e-324],
  ['1.7976931348623157e308', Number.MAX_VALUE],

  ['True', true],
  ['False', false],
  ['None', null],
  ['(None)', null],

  ["'adam'", 'adam'],
  ['"adam"', 'adam'],
  ["''", ''],
  ["''''''", ''],
  ["'''it's'''", "it's"],
  ['"""a"b"""', 'a"b'],
  ["'''a\nb'''", 'a\nb'],
  ["'''a\r\nb\rc'''", 'a\nb\nc'],
  ["'\t'", '\t'],
  ["u'x'", 'x'],
  ["r'\\d'", '\\d'],
  ["R'a\\''", "a\\'"],
  ["'a' 'b'", 'ab'],
  ["'a'u'b'\\\n\"c\"", 'abc'],
  ["('a'\n 'b')", 'ab'],
  ["'\\\\ \\' \\\" \\a\\b\\f\\n\\r\\t\\v'", '\\ \' " \x07\b\f\n\r\t\v'],
  ["'\\x41\\u00e9\\U0001F680'", 'Aé🚀'],
  ["'\\0\\101\\777\\1234'", '\0AǿS4'],
  ["'\\\n'", ''],
  ["'\\d\\8\\ '", '\\d\\8\\ '],
  ["'ünï🚀'", 'ünï🚀'],

  ['[]', []],
  ['[1, 2]', [1n, 2n]],
  ['[1,2,]', [1n, 2n]],
  ['[1, [2.0, (True,)]]', [1n, [2, [true]]]],
  ['()', []],
  ['(1,)', [1n]],
  ['((1))', 1n],
  ['((1),)', [1n]],
  ['1,', [1n]],
  ['1, 2', [1n, 2n]],
  ['(1,2),3', [[1n, 2n], 3n]],
  ["'a','b'", ['a', 'b']],
  ['{}', new Map()],
  [
    "{'lr': 0.1, 'layers': [64, 64]}",
    new Map<string, AimValue>([
      ['lr', 0.1],
      ['layers', [64n, 64n]],
    ]),
  ],
  [
    "{1: 'a', -1: 'b',}",
    new Map([
      [1n, 'a'],
      [-1n, 'b'],
    ]),
  ],
  ["{'a': 1, 'a': 2}", new Map([['a', 2n]])],
  [
    "{True: 'b', 0: 'c'}",
    new Map([
      [1n, 'b'],
      [0n, 'c'],
    ]),
  ],
  ["{'': 1}", new Map([['(empty)', 1n]])],
  [
    "{'': 1, '(empty)': 2}",
    new Map([
      ['(empty) 2', 1n],
      ['(empty)', 2n],
    ]),
  ],

  [' 1', 1n],
  ['\t 1 ', 1n],
  ['1\n', 1n],
  ['\n1', 1n],
  ['\r\n1\r\n', 1n],
  ['\f1 \f', 1n],
  ['1 # a comment', 1n],
  ['# a comment\n1\n  # another', 1n],
  ['[1, # one\n 2]', [1n, 2n]],
  ['[1,\\\n2]', [1n, 2n]],
  ['1\\\n\n', 1n],
];

/** What Python refuses, or reads as something that Aim cannot hold. */
const STRINGS: readonly string[] = [
  ...['', ' ', 'adam', 'relu', 'uniform', 'None of these', 'Truex', 'true', 'none', 'nan', 'inf', '-inf', 'NaN'],
  ...['007', '0_7', '1_', '1__0', '_1', '1._5', '._5', '1e', '1e_5', '0x', '0b2', '0o8', '1L', '1if', '.', '-', '+'],
  ...['2024-01-01', '1.2.3', '1..2', '10 epochs', '1/2', '1+1', '1 2', '1;', '50%', '1e-3,abc', '127.0.0.1:5000'],
  ...['--1', '- -1', '-(-1)', '-True', "-'a'", '-[1]', '1j', '1+2j'],
  ...["'", "'a", "'a\\", "''''", "'a\nb'", "'a\rb'", "r'\\'", "ur'a'", "b'a'", "'a' b'b'", "f'a'", "rb'a'", "'a'b"],
  ...["'\\x4'", "'\\u12'", "'\\U00110000'", "'\\N{BULLET}'", "'\\ud800'", "'\\ud83d\\ude80'"],
  ...['[', ']', '[1', '[1 2]', '[,]', '(,)', '{,}', '[1,,2]', '[1)', '[*[]]', '{**{}}', '[1][0]', '1,,2', '*[1]'],
  ...[
    '{1}',
    'set()',
    '{1: 2, 3}',
    '{1 2}',
    '{1:}',
    '{:1}',
    '...',
    "{'a': {1, 2}}",
    '{None: 1}',
    '{1.5: 1}',
    '{(1,): 1}',
  ],
  ...[
    '9223372036854775808',
    '-9223372036854775809',
    '[9223372036854775808]',
    '{9223372036854775808: 1}',
    '1e999',
    '[-1e999]',
  ],
  ...['\n 1', '\f 1', '1\n2', '1\n  ', '1\\\n', '1\0', "'\0'", '\ufeff1', '1\u00a0', '\v1'],
];

describe('a text that is a literal of Python', () => {
  test.each(LITERALS)('%j', (text, value) => {
    expect(parsePythonLiteral(text)).toStrictEqual(value);
  });

  test('is read whatever it holds', () => {
    const key = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    );
    const { value } = fc.letrec<{ value: AimValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(null, true, false),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.string({ unit: 'binary' }),
        fc.array(tie('value')),
        fc.array(fc.tuple(key, tie('value'))).map((entries) => new Map(entries)),
      ),
    }));
    fc.assert(
      fc.property(value, (original) => {
        expect(parsePythonLiteral(repr(original))).toStrictEqual(original);
      }),
    );
  });

  test('may be nested as deep as Python allows, and no deeper', () => {
    expect(parsePythonLiteral('['.repeat(200) + ']'.repeat(200))).toBeDefined();
    expect(parsePythonLiteral('['.repeat(201) + ']'.repeat(201))).toBeUndefined();
    expect(parsePythonLiteral(`-${'('.repeat(200)}1${')'.repeat(200)}`)).toBe(-1n);
    for (const open of ['[', '(', '{1:', '-(', '(-', "{'a':["]) {
      expect(parsePythonLiteral(open.repeat(100_000))).toBeUndefined();
    }
  });
});

describe('any other text', () => {
  test.each(STRINGS)('%j stays what it is', (text) => {
    expect(parsePythonLiteral(text)).toBeUndefined();
  });

  test('is refused without an error', () => {
    const piece = fc.constantFrom(...'[](){},:\'"\\#+-.eEx0179_ \n\r\tTrueFalsNo', 'None', "'''", 'r"', 'ü');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        parsePythonLiteral(pieces.join(''));
      }),
    );
  });
});

/** Python's repr, near enough: JSON's strings are strings of Python too. */
function repr(value: AimValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    const text = Object.is(value, -0) ? '-0' : String(value);
    return /[.e]/.test(text) ? text : `${text}.0`;
  }
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  if (value instanceof Map) return `{${Array.from(value, ([k, v]) => `${repr(k)}: ${repr(v)}`).join(', ')}}`;
  return String(value);
}
