import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseMoment, parseStatus } from '../../src/cli/options/selection-values.js';
import { parseArguments } from '../../src/cli/parse-arguments.js';
import { runSearch } from '../../src/selection/run-search.js';
import { temporaryDirectory } from '../support/temporary.js';
import { FakeIo } from './fake-io.js';

const at = (...parts: [number, number, number, number?, number?, number?, number?]) => {
  const [year, month, ...rest] = parts;
  return Date.UTC(year, month - 1, ...(rest as [number]));
};

describe('a time', () => {
  test.each([
    ['2024-05-31', at(2024, 5, 31)],
    ['2024-05-31T18:30', at(2024, 5, 31, 18, 30)],
    ['2024-05-31 18:30:05', at(2024, 5, 31, 18, 30, 5)],
    ['2024-05-31T18:30:05.25Z', at(2024, 5, 31, 18, 30, 5, 250)],
    ['2024-05-31T18:30+02:00', at(2024, 5, 31, 16, 30)],
    ['2024-05-31 18:30 -0130', at(2024, 5, 31, 20, 0)],
    ['2024-05-31+02', at(2024, 5, 30, 22)],
    ['2024-02-29', at(2024, 2, 29)],
    ['0001-01-01', new Date('0001-01-01T00:00Z').getTime()],
  ])('%s', (text, expected) => {
    expect(parseMoment(text, 'first')).toBe(expected);
  });

  test('that is a date ends with its day', () => {
    expect(parseMoment('2024-05-31', 'last')).toBe(at(2024, 6, 1) - 1);
    expect(parseMoment('2024-05-31T18:30', 'last')).toBe(at(2024, 5, 31, 18, 30));
  });

  test('may be a duration, and moves on with the clock', () => {
    expect(parseMoment('30d', 'first')).toEqual({ ago: 30 * 86_400_000 });
    expect(parseMoment('1.5h', 'last')).toEqual({ ago: 5_400_000 });
    const now = at(2024, 5, 31);
    expect(runSearch({ since: { ago: 86_400_000 }, until: { ago: 1 } }, now)).toEqual({
      since: at(2024, 5, 30),
      until: now - 1,
    });
  });

  test.each([
    '',
    '2023-02-29',
    '2024-13-01',
    '2024-00-10',
    '2024-05-31T24:00',
    '2024-05-31T10',
    '31.05.2024',
    'yesterday',
    '-1d',
    '1717171717',
  ])('%j is refused', (text) => {
    expect(() => parseMoment(text, 'first')).toThrow('Expected a date such as 2024-05-31');
  });

  test('in ISO 8601 is what JavaScript takes it for', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
        (date) => {
          expect(parseMoment(date.toISOString(), 'last')).toBe(date.getTime());
        },
      ),
    );
  });
});

test('a status may be written in any case, several with commas', () => {
  expect(parseStatus('finished')).toEqual(['FINISHED']);
  expect(parseStatus('Running, FAILED')).toEqual(['RUNNING', 'FAILED']);
  expect(() => parseStatus('done')).toThrow('Expected one of running, scheduled, finished, failed, killed.');
});

describe('convert', () => {
  const parse = (...argv: string[]) => {
    const io = new FakeIo();
    const parsed = parseArguments(['convert', ...argv], io);
    return parsed.type === 'convert' ? parsed.settings.options.selection : io.stderr.text;
  };

  test('chooses by all flags together', () => {
    const argv = [
      '--run-id',
      'a',
      '--run_id=b',
      '--run-name',
      's*',
      '--run-status',
      'failed',
      '--run-status=killed,running',
    ];
    const more = ['--since', '2024-05-01', '--until', '2024-05-01', '--max-runs', '3', '--filter', 'metrics.a > 1'];
    expect(parse(...argv, ...more)).toEqual({
      runIds: ['a', 'b'],
      runNames: ['s*'],
      statuses: ['FAILED', 'KILLED', 'RUNNING'],
      since: at(2024, 5, 1),
      until: at(2024, 5, 2) - 1,
      maxRuns: 3,
      filter: 'metrics.a > 1',
    });
  });

  test('takes run ids from files', () => {
    const file = join(temporaryDirectory(), 'ids');
    writeFileSync(file, '# of today\n a \r\n\nb\na\n');
    expect(parse('--run-id', `@${file}`, '--run-id', 'c')).toEqual({ runIds: ['a', 'b', 'c'] });
    writeFileSync(file, '# none\n');
    expect(parse('--run-id', `@${file}`)).toContain(`There are no run ids in ${file}.`);
    expect(parse('--run-id', `@${file}.gone`)).toContain(`The run ids cannot be read. ${file}.gone does not exist.`);
  });

  test('refuses what no run can meet', () => {
    expect(parse('--since', '2024-05-02', '--until', '2024-05-01')).toContain('--since is later than --until');
    expect(parse('--max-runs', '0')).toContain('Expected an integer of at least 1.');
    expect(parse('--filter', ' ')).toContain('Expected a value that is not empty.');
    expect(parse('--filter', 'metrics.a >', 'mlruns')).toContain('The filter cannot be used');
    expect(parse('--run-name', 'a[')).toContain('A bracket is not closed.');
    // what a server makes of it is its own affair
    expect(parse('--filter', 'new syntax', 'http://h')).toEqual({ filter: 'new syntax' });
  });
});
