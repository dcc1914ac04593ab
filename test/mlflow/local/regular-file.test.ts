import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { FieldBudget } from '../../../src/mlflow/file/field-budget.js';
import { readText } from '../../../src/mlflow/local/read-text.js';
import { openRegular } from '../../../src/mlflow/local/regular-file.js';
import { temporaryDirectory } from '../../support/temporary.js';

describe('a file of a source', () => {
  test('is opened when it is a regular one', () => {
    const file = join(temporaryDirectory(), 'f');
    writeFileSync(file, 'abc');
    const { fd, stats } = openRegular(file);
    closeSync(fd);
    expect(stats.size).toBe(3n);
  });

  test('is refused at once when it is a FIFO that nobody writes to', () => {
    const file = join(temporaryDirectory(), 'fifo');
    execFileSync('mkfifo', [file]);
    expect(() => openRegular(file)).toThrow('is not a regular file');
  });

  test('is refused when it is a device or a directory', () => {
    expect(() => openRegular('/dev/zero')).toThrow('is not a regular file');
    const directory = join(temporaryDirectory(), 'd');
    mkdirSync(directory);
    expect(() => openRegular(directory)).toThrow('is not a regular file');
  });
});

describe('a field', () => {
  test('of more than 16 MiB is not read', () => {
    const file = join(temporaryDirectory(), 'f');
    writeFileSync(file, '');
    truncateSync(file, 100 * 2 ** 30);
    expect(() => readText(file)).toThrow('larger than 16 MiB');
  });

  test.each([0, 1, 65_535, 65_536, 65_537, 300_000])('of %i bytes is read whole', (bytes) => {
    const file = join(temporaryDirectory(), 'f');
    writeFileSync(file, 'x'.repeat(bytes));
    expect(readText(file).text).toBe('x'.repeat(bytes));
  });

  test('that has no size before it is read is read', () => {
    expect(readText('/proc/self/stat').text).toMatch(/^\d+ /);
  });

  test('is left out when those of its run are more than 64 MiB', () => {
    const file = join(temporaryDirectory(), 'f');
    writeFileSync(file, '');
    truncateSync(file, 15 * 2 ** 20);
    const budget = new FieldBudget();
    for (let i = 0; i < 4; i++) budget.read(file);
    expect(() => budget.read(file)).toThrow('more than 64 MiB');
    writeFileSync(file, 'small');
    expect(budget.read(file).text).toBe('small');
  });
});

/** What the user names, which may be anything that can be read: `<(…)` of a shell is a FIFO. */
const NAMED_BY_THE_USER = ['artifacts/s3-store.ts', 'sql/read-pem.ts'];

test('no other module opens what lies in a source', () => {
  const root = new URL('../../../src/mlflow/', import.meta.url).pathname;
  const modules = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const opening = modules.filter((name) => {
    const imports = readFileSync(join(root, name), 'utf8').matchAll(/import ([^;]*?) from 'node:fs(?:\/promises)?'/g);
    return [...imports].some(([, names = '']) =>
      /\*|\b(?:open|openSync|openAsBlob|readFile|readFileSync|createReadStream)\b/.test(names),
    );
  });
  expect(opening.sort()).toEqual([...NAMED_BY_THE_USER, 'local/regular-file.ts'].sort());
});
