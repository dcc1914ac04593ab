import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { startCli } from '../support/command-line.js';
import { temporaryDirectory } from '../support/temporary.js';
import { until } from '../support/until.js';

const EXAMPLE = fileURLToPath(new URL('../../examples/mlruns', import.meta.url));

function events(file: string): string[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => (JSON.parse(line) as { event: string }).event);
}

test('a watch goes on in a new log file on SIGHUP, and ends with 0 on SIGTERM', async () => {
  const directory = temporaryDirectory();
  const [file, old] = [join(directory, 'a.log'), join(directory, 'a.log.1')];
  const { child, ended } = startCli(['sync', EXAMPLE, join(directory, 'aim'), '--quiet', '--log-file', file]);
  const read = () => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  await until('the log says that it is watching', () => read().includes('"watching"'), read);
  renameSync(file, old);
  child.kill('SIGHUP');
  await until('the log file is there again', () => existsSync(file));
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 0, stdout: '' });
  const [before, after] = [events(old), events(file)];
  expect(before[0]).toBe('start');
  expect(before.filter((event) => event === 'run')).toHaveLength(13);
  expect(before).toContain('watching');
  expect(after.at(-1)).toBe('summary');
});
