// @ts-check
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastLineAsJson, runProgram } from './process.mjs';
import { countOf } from './shapes.mjs';

/** @typedef {import('./make-store.mjs').StoreShape} StoreShape */

const CLI = fileURLToPath(new URL('../dist/bundle/cli.js', import.meta.url));

/** @param {string} name of a file beside this one */
const beside = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * Converts a store with this tool, as its users do: a process of its own, timed from its start to its end. Rejects
 * unless all of the store has arrived.
 *
 * @param {string} store
 * @param {StoreShape} shape of the store
 * @param {string} repo a directory that does not exist yet
 * @param {AbortSignal} signal
 * @param {readonly string[]} [nodeOptions]
 */
export async function convertWithUs(store, shape, repo, signal, nodeOptions = []) {
  const report = `${repo}-report.json`;
  const flags = ['--tracking_uri', store, '--repo', repo, '--quiet', '--report', report];
  const { seconds, stdout } = await runProgram(process.execPath, [...nodeOptions, CLI, 'convert', ...flags], signal);
  const { summary } = JSON.parse(readFileSync(report, 'utf8'));
  const arrived = { runs: summary.runs.new, points: summary.points, images: summary.artifacts.image };
  for (const unit of /** @type {const} */ (['runs', 'points', 'images'])) {
    const due = countOf(shape, unit);
    if (arrived[unit] !== due) throw new Error(`mlflow2aim brought ${arrived[unit]} of ${due} ${unit} into ${repo}.`);
  }
  return { seconds, stdout };
}

/**
 * The same, and the most memory that the process ever held, in bytes.
 *
 * @param {string} store
 * @param {StoreShape} shape
 * @param {string} repo
 * @param {AbortSignal} signal
 */
export async function convertForMemory(store, shape, repo, signal) {
  const options = ['--import', new URL('./peak-memory.mjs', import.meta.url).href];
  const { seconds, stdout } = await convertWithUs(store, shape, repo, signal, options);
  return { seconds, peak: Number(lastLineAsJson(stdout).peak) };
}

/**
 * Converts a store with `aim convert mlflow`; its start-up is not in the seconds. Rejects unless all runs have arrived.
 *
 * @param {string} python
 * @param {string} store
 * @param {StoreShape} shape of the store
 * @param {string} repo
 * @param {AbortSignal} signal
 * @returns {Promise<{ seconds: number, versions: Record<string, string> }>}
 */
export async function convertWithPeer(python, store, shape, repo, signal) {
  const { stdout } = await runProgram(python, [beside('peer_convert.py'), store, repo], signal);
  const arrived = readdirSync(join(repo, '.aim/meta/chunks')).length;
  if (arrived !== shape.runs) throw new Error(`aim convert brought ${arrived} of ${shape.runs} runs into ${repo}.`);
  return lastLineAsJson(stdout);
}

/**
 * Reads and parses all of a store with this project's source, and throws it away: a process of its own.
 *
 * @param {string} store
 * @param {AbortSignal} signal
 */
export function readOnly(store, signal) {
  return runProgram(process.execPath, [beside('floor-read.mjs'), store], signal);
}

/**
 * Writes files like those of a repository, of the same number and size, until they are on the disk.
 *
 * @param {string} repo
 * @param {string} target a directory that does not exist yet
 * @param {AbortSignal} signal
 * @returns {Promise<{ seconds: number, files: number, bytes: number }>}
 */
export async function writeOnly(repo, target, signal) {
  const { stdout } = await runProgram(process.execPath, [beside('floor-write.mjs'), repo, target], signal);
  return lastLineAsJson(stdout);
}
