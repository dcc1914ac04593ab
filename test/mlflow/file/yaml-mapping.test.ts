import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { parseAnyMapping, parseYamlMapping, readSimpleMapping } from '../../../src/mlflow/file/yaml-mapping.js';

const RUN_META = `artifact_uri: file:///data/mlruns/0/abc/artifacts
end_time: null
entry_point_name: ''
experiment_id: '286984091544987137'
run_name: it''s plain
source_type: 4
status: 3
tags: []
user_id: 'null'
`;

describe('readSimpleMapping', () => {
  test('reads what MLflow writes, every scalar as a string', () => {
    const fields = readSimpleMapping(RUN_META);
    expect(Object.fromEntries(fields ?? [])).toEqual({
      artifact_uri: 'file:///data/mlruns/0/abc/artifacts',
      end_time: null,
      entry_point_name: '',
      experiment_id: '286984091544987137',
      run_name: "it''s plain",
      source_type: '4',
      status: '3',
      tags: [],
      user_id: 'null',
    });
    expect(parseAnyMapping(RUN_META)).toEqual(fields);
  });

  test.each([
    ['a comment', 'a: b # c\n'],
    ['a folded string', "a: 'b\n  c'\n"],
    ['a folded plain string', 'a: b\n  c\n'],
    ['a double-quoted string', 'a: "b\\U0001F680"\n'],
    ['a nested mapping', 'a:\n  b: c\n'],
    ['a list', 'a:\n- b\n'],
    ['an anchor', 'a: &x b\n'],
    ['a block', 'a: |\n  b\n'],
    ['a missing newline', 'a: b'],
    ['a document start', '---\na: b\n'],
    ['Windows newlines', 'a: b\r\n'],
    ['nothing', ''],
  ])('leaves %s to the YAML parser', (_, text) => {
    expect(readSimpleMapping(text)).toBeUndefined();
  });

  const scalar = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(...'ab1 .:-_#\'"\n\t,[]{}&*!|>%@`~é实\u2028\\/=+?e0'), maxLength: 20 }),
    fc.constantFrom(
      '1e5',
      'null',
      '~',
      'true',
      'yes',
      '0x1F',
      '2024-01-01',
      '- a',
      'a: b',
      '#c',
      '  x  ',
      'w '.repeat(100),
    ),
  );
  const styles = [
    { defaultStringType: 'PLAIN' },
    { defaultStringType: 'QUOTE_SINGLE', singleQuote: true },
    { defaultStringType: 'QUOTE_DOUBLE' },
  ] as const;

  test('either agrees with the YAML parser or leaves the text to it', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), scalar),
        fc.constantFrom(...styles),
        (fields, style) => {
          const text = stringify(fields, { ...style, lineWidth: 80 });
          const fast = readSimpleMapping(text);
          if (fast !== undefined) expect(fast).toEqual(parseAnyMapping(text));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('agrees with the YAML parser also on lines that nobody dumped', () => {
    const raw = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'run_name'), scalar), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(raw, (lines) => {
        const text = lines.map(([key, value]) => `${key}: ${value}\n`).join('');
        const fast = readSimpleMapping(text);
        if (fast !== undefined) expect(fast).toEqual(parseAnyMapping(text));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('parseYamlMapping', () => {
  test.each([
    ['run_name: 1e5\n', '1e5'],
    ['run_name: 12345678901234567890123456789e12\n', '12345678901234567890123456789e12'],
    ['run_name: y\n', 'y'],
    ["run_name: 'null'\n", 'null'],
    ['run_name: null\n', null],
    ['run_name: ~\n', null],
    ['run_name:\n', null],
    ['experiment_id: 1\nrun_name: 0o17\n', '0o17'],
    ["run_name: 'w w\n  w w'\nstatus: 3\n", 'w w w w'],
    ["run_name: 'multi\n\n  line'\nstatus: 3\n", 'multi\nline'],
    ['run_name: "\\U0001F680 x"\n', '🚀 x'],
    ['run_name: "a\\\n  b"\n', 'ab'],
    // PyYAML takes U+2028 for a line break and indents after it
    ["run_name: 'a\u2028  b'\n", 'a\u2028b'],
    ["run_name: 'a\n\n\u2028  b'\n", 'a\n\u2028b'],
    ["run_name: 'a\u2028\n  b'\n", 'a\u2028\nb'],
    ["run_name: 'a\n\n\n\u2029\n\n  b'\n", 'a\n\n\u2029\n\nb'],
    ['run_name: a\nrun_name: b\n', 'b'],
    ['x: &n some\nrun_name: *n\n', 'some'],
  ])('%j', (text, expected) => {
    expect(parseYamlMapping(text).get('run_name')).toBe(expected);
  });

  test('nested mappings and lists', () => {
    const fields = parseYamlMapping('tags:\n  mlflow.data.context: training\nlist:\n- a\n- null\n');
    expect(fields).toEqual(
      new Map<string, unknown>([
        ['tags', new Map([['mlflow.data.context', 'training']])],
        ['list', ['a', null]],
      ]),
    );
  });

  test.each([
    ['lists in lists, on one line', 'x:\n', '- ', '\n'],
    ['lists in lists, in brackets', 'x: ', '[', '\n'],
    ['mappings in mappings, in braces', 'x: ', '{a: ', '\n'],
    ['keys of keys', '', '? ', '\n'],
    ['tags', 'x: ', '!a ', 'y\n'],
    ['newlines', 'x: y\n', '\n', '\u2028\n'],
    ['comments', 'x: y\n', '#\n', ''],
    ['documents', '', '---\nx: y\n', ''],
    ['aliases', 'x: &x y\n', 'a: *x\n', ''],
  ])('a million bytes of %s are refused at once', (_, before, bomb, after) => {
    const begun = performance.now();
    expect(() => parseYamlMapping(before + bomb.repeat(1_000_000 / bomb.length) + after)).toThrow();
    expect(performance.now() - begun).toBeLessThan(15_000);
  });

  test('100,000 anchors are refused at once', () => {
    const text = Array.from({ length: 100_000 }, (_, i) => `k${i}: &a${i} x\n`).join('');
    expect(() => parseYamlMapping(text)).toThrow('anchors');
  });

  test.each([
    ['a text in single quotes', `x: '${'a '.repeat(2_000_000)}'\n`],
    ['a text over many lines', `x: '${'a\n  '.repeat(500_000)}'\n`],
    ['a text in double quotes', `x: "${'\\n'.repeat(1_000_000)}"\n`],
    ['spaces', `x: ${' '.repeat(4_000_000)}y\n`],
    ['a word', `x: ${'y'.repeat(4_000_000)}\n`],
  ])('megabytes of %s are a text', (_, text) => {
    const begun = performance.now();
    expect(typeof parseYamlMapping(text).get('x')).toBe('string');
    expect(performance.now() - begun).toBeLessThan(15_000);
  });

  test.each(['just text\n', '- a\n', 'a: "b\n', 'a: b: c\n', '\0\0\0\n', '[\n'])('%j is no mapping', (text) => {
    expect(() => parseYamlMapping(text)).toThrow();
  });
});
