import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { built } from '../support/command-line.js';
import { temporaryDirectory } from '../support/temporary.js';

const EXAMPLE = fileURLToPath(new URL('../../examples/mlruns', import.meta.url));

/** `mlflow2aim convert` below a limit of so many kilobytes (`ulimit -v`). */
function convertWithin(kilobytes: number | 'unlimited', source: string, repo: string, options = '') {
  const cli = fileURLToPath(built('bundle/cli.js'));
  const args = ['convert', '--tracking-uri', source, '--repo', repo, '--quiet'];
  const script = 'ulimit -v "$0" && exec "$@"';
  return spawnSync('/bin/sh', ['-c', script, String(kilobytes), process.execPath, cli, ...args], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: options },
  });
}

/** The points of a run of the example, as they lie in its tables. */
const tables = (repo: string) =>
  readFileSync(join(repo, '.aim', 'seqs', 'chunks', '73ab4876773447c187fde805ec99108d', 'CURRENT'));

describe('where addresses are limited', () => {
  // V8 reserves 10 GB for one module of WebAssembly: not there; there once, and then not for threads; there
  test.each([6_000_000, 12_000_000, 24_000_000])('a store is converted as ever (%d kB)', (kilobytes) => {
    const [limited, free] = [temporaryDirectory(), temporaryDirectory()];
    expect(convertWithin(kilobytes, EXAMPLE, limited)).toMatchObject({
      status: 0,
      stderr: expect.not.stringContaining('error'),
    });
    expect(convertWithin('unlimited', EXAMPLE, free).status).toBe(0);
    expect(tables(limited)).toEqual(tables(free));
  });

  test('a server cannot be read, and what to do is said in a sentence', async () => {
    const server = 'http://127.0.0.1:1'; // where nothing answers
    const refused = convertWithin(6_000_000, server, temporaryDirectory());
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(
      /^error: Reading from a server needs more address space .*=--disable-wasm-trap-handler\.\n$/,
    );
    const advised = convertWithin(6_000_000, server, temporaryDirectory(), '--disable-wasm-trap-handler');
    expect(advised.stderr).toMatch(/^error: Cannot connect to the tracking server .*\n$/);
  });
});
