import { describe, expect, test } from '@jest/globals';
import { tableText } from '../../../src/artifacts/table/table-text.js';

const utf8 = (text: string) => Buffer.from(text);

async function drawn(path: string, text: string): Promise<string | undefined> {
  const table = await tableText(path, utf8(text));
  return table && Buffer.from(table).toString();
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('a table', () => {
  test('that log_table wrote keeps its digits, and stands in aligned columns', async () => {
    const json =
      '{"columns": ["step", "loss", "name"], "data": [[0, 0.10, "実験"], [9007199254740993, null, "a|b\\n\\tc"], [2, 1e3, {"k": [1, "x", true]}]]}';
    expect(await drawn('t.json', json)).toBe(
      [
        '|             step | loss | name                  |',
        '| ---------------: | ---: | --------------------- |',
        '|                0 | 0.10 | 実験                  |',
        '| 9007199254740993 | null | a\\|b\\n\\tc             |',
        '|                2 |  1e3 | {"k": [1, "x", true]} |',
        '',
      ].join('\n'),
    );
  });

  test.each([
    ['with commas', 't.csv', '\ufeffa,b\r\n1,"x, ""y"""\r\n\r\n2,\r\n'],
    ['with semicolons', 'T.CSV', 'a;b\n1;"x, ""y"""\n2;'],
    ['with tabs', 't.tsv', 'a\tb\n1\t"x, ""y"""\n2\t'],
    ['with tabs, but called .csv', 't.csv', 'a\tb\r1\t"x, ""y"""\r2\t'],
  ])('of separated values is read %s', async (_, path, text) => {
    expect(await drawn(path, text)).toBe('|   a | b      |\n| --: | ------ |\n|   1 | x, "y" |\n|   2 |        |\n');
  });

  test('has as many columns as its longest row', async () => {
    expect(await drawn('t.csv', 'a\n1,2\n\n3\n')).toBe('|   a |     |\n| --: | --: |\n|   1 |   2 |\n|   3 |     |\n');
  });

  test('tells what is not shown of it', async () => {
    const header = numbers(25).map((i) => (i === 22 ? '' : `c${i}`));
    const rows = numbers(250).map((i) => numbers(25).map((column) => (column === 1 && i < 3 ? 'x'.repeat(61) : i)));
    const text = await drawn('t.csv', [header, ...rows].map((row) => row.join(',')).join('\n'));
    const lines = text!.split('\n');
    expect(lines[201]).toMatch(/^\| 199 \|/);
    expect(lines[2]).toContain(`| ${'x'.repeat(59)}… |`);
    expect(lines.slice(202)).toEqual([
      '',
      'Rows 1 to 200 of 250.',
      'Columns 1 to 20 of 25; left out: c20, c21, column 23, c23, c24.',
      'Cut, at …: 3 of the cells.',
      '',
    ]);
  });

  test.each([
    ['JSON of another kind', 't.json', '{"columns": ["a"], "data": [1]}'],
    ['JSON that is cut off', 't.json', '{"columns": ["a"], "data": [[1]]'],
    ['a header alone', 't.csv', 'a,b\n'],
    ['a log_table without rows', 't.json', '{"columns": ["a"], "data": []}'],
    ['quotes that do not end', 't.csv', 'a,b\n"1,2\n'],
    ['an empty file', 't.csv', ''],
  ])('is not %s', async (_, path, text) => {
    expect(await drawn(path, text)).toBeUndefined();
  });
});
