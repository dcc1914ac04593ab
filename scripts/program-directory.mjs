#!/usr/bin/env node
// @ts-check
/**
 * Puts the built program with the packages that it needs into a directory of its own, for a wheel or an image:
 *
 *     node scripts/program-directory.mjs DIR      for this platform; the command is DIR/dist/bundle/cli.js then
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { platformHere } from './platforms.mjs';

const project = fileURLToPath(new URL('..', import.meta.url));

/** What only compilers, debuggers and browsers read. */
const UNUSED = /\.(d\.[cm]?ts|map)$|\/@types\/|\/dist\/(browser|react-native)\//;

/**
 * The bundle and the packages that it needs on this platform.
 * @param {string} directory
 * @param {import('./platforms.mjs').Platform} platform
 */
export function putProgram(directory, platform) {
  mkdirSync(directory, { recursive: true });
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
  chmodSync(join(directory, 'dist/bundle/cli.js'), 0o755);
}

/** The manifest with the clients of object stores among its packages: who installs by pip cannot add them by npm. */
function withOptionalPackages() {
  const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
  const { name, version, type, license, dependencies, devDependencies, peerDependencies } = manifest;
  const optional = Object.keys(peerDependencies).map((peer) => [peer, devDependencies[peer]]);
  return { name, version, type, license, dependencies: { ...dependencies, ...Object.fromEntries(optional) } };
}

/**
 * The SQLite package brings its compiled part for all platforms.
 * @param {string} prebuilds
 * @param {import('./platforms.mjs').Platform} platform
 */
function keepOneBuild(prebuilds, { os, cpu, libc = 'glibc' }) {
  for (const name of readdirSync(prebuilds)) {
    if (name !== `${os}-${cpu}`) rmSync(join(prebuilds, name), { recursive: true });
  }
  const one = join(prebuilds, `${os}-${cpu}`);
  for (const file of readdirSync(one)) if (!file.endsWith(`.${libc}.node`)) rmSync(join(one, file));
  if (readdirSync(one).length !== 1) throw new Error(`The SQLite package has no build for ${os}-${cpu} with ${libc}`);
}

const [, script, directory] = process.argv;
if (script === fileURLToPath(import.meta.url) && directory !== undefined) putProgram(directory, platformHere());
