import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { createProgram } from '../../src/cli/program.js';

const FILE = fileURLToPath(new URL('../../man/mlflow2aim.1', import.meta.url));
const page = readFileSync(FILE, 'utf8');

const isInstalled = (program: string) => spawnSync(program, ['-V']).error === undefined;

/** The page as it is read, on long lines. */
function plain(): string {
  return page
    .replace(/\\f[BIR]/g, '')
    .replaceAll('\\-', '-')
    .replaceAll('\\e', '\\')
    .replaceAll('\\&', '');
}

describe('the man page of the build', () => {
  test('tells of every command and flag', () => {
    const text = plain();
    const { commands } = createProgram();
    expect(commands.filter((command) => !text.includes(`.SS ${command.name()} `))).toEqual([]);
    const flags = commands.flatMap(({ options }) => options.map(({ long, description }) => ({ long, description })));
    expect(flags.filter(({ long, description }) => !text.includes(`${long}`) || !text.includes(description))).toEqual(
      [],
    );
  });

  test('is in the package', () => {
    const { man, files } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    // npm links the pages of a list, and no other
    expect(man).toEqual([expect.stringMatching(/^man\/mlflow2aim\.1$/)]);
    expect(files).toContain('man');
  });

  (isInstalled('mandoc') ? test : test.skip)('is good in the eyes of mandoc', () => {
    const { stdout } = spawnSync('mandoc', ['-Tlint', '-W', 'warning', FILE], { encoding: 'utf8' });
    // the same source makes the same page, whenever it is built
    expect(stdout.split('\n').filter((line) => line !== '' && !line.includes('missing date'))).toEqual([]);
  });

  (isInstalled('man') ? test : test.skip)('is shown by man', () => {
    const { stdout, stderr } = spawnSync('man', ['--warnings', '-l', FILE], {
      encoding: 'utf8',
      env: { ...process.env, MANPAGER: 'cat', MANWIDTH: '80', LC_ALL: 'C' },
    });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^ +mlflow2aim convert \[options\]/m);
  });
});
