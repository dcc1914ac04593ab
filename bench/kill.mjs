#!/usr/bin/env node
// @ts-check
/**
 * Kills a conversion (by SIGKILL, SIGINT and SIGTERM in turn) at random moments, again and again, and lets the next one finish
 * it. Whatever is left must be whole at any time, what an interrupted one counts must be there, and in the end all must be equal
 * to what an undisturbed conversion leaves. Ends with 1 at the first difference.
 *
 * usage: node bench/kill.mjs [--kills 500] [--seed N]
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DatabaseSync } from '@photostructure/sqlite';
import { DatabaseReader } from '../dist/rocksdb/database.js';
import { makeStore } from './make-store.mjs';
import { say } from './progress.mjs';
import { Random } from './random.mjs';
import { Workspace } from './workspace.mjs';

const CLI = fileURLToPath(new URL('../dist/bundle/cli.js', import.meta.url));
const SHAPE = { runs: 120, metrics: 5, points: 20, images: 1, texts: 1 };
/** A repository is killed so many times before it is finished and a new one begun. */
const KILLS_EACH = 5;
const SIGNALS = /** @type {const} */ (['SIGKILL', 'SIGINT', 'SIGTERM']);

const { values } = parseArgs({ options: { kills: { type: 'string', default: '500' }, seed: { type: 'string' } } });
const seed = Number(values.seed ?? Date.now() % 1e9);
const random = new Random(seed);
const workspace = await Workspace.create();
try {
  process.exitCode = await main(Number(values.kills));
} finally {
  await workspace.dispose();
}

/** @param {number} kills */
async function main(kills) {
  const store = await workspace.fresh('store');
  await makeStore(store, SHAPE, new AbortController().signal);
  const undisturbed = await workspace.fresh('undisturbed');
  const start = performance.now();
  await convert(store, undisturbed);
  const duration = performance.now() - start;
  const expected = digests(undisturbed);
  let repo = '';
  for (let kill = 0; kill < kills; kill++) {
    if (kill % KILLS_EACH === 0) repo = await workspace.fresh('repo');
    const before = rows(repo);
    const signal = SIGNALS[kill % SIGNALS.length];
    const counted = await convert(store, repo, { after: random.fraction() * duration * 1.2, signal });
    const added = rows(repo) - before;
    if (counted !== undefined && counted !== added)
      return differs(`after kill ${kill + 1}: ${counted} new, ${added} rows`);
    const broken = [...digests(repo)].find(([name, digest]) => name !== 'index' && digest !== expected.get(name));
    if (broken !== undefined) return differs(`after kill ${kill + 1}: ${broken[0]}`);
    if ((kill + 1) % KILLS_EACH > 0 && kill + 1 < kills) continue;
    await convert(store, repo);
    const mended = digests(repo);
    const missing = [...expected].find(([name, digest]) => mended.get(name) !== digest);
    if (missing !== undefined || mended.size !== expected.size)
      return differs(`finished after kill ${kill + 1}: ${missing?.[0]}`);
    say(`${kill + 1} of ${kills} kills`);
  }
  say('');
  process.stdout.write(`${kills} kills (seed ${seed}), every repository whole at any time and equal in the end\n`);
  return 0;
}

/** @param {string} where */
function differs(where) {
  process.stdout.write(`A difference (seed ${seed}) ${where}\n`);
  return 1;
}

/**
 * @param {string} store
 * @param {string} repo
 * @param {{ after: number, signal: NodeJS.Signals }} [kill] milliseconds; otherwise it must end well
 * @returns {Promise<number | undefined>} how many new runs it counts; undefined where it could not say
 */
async function convert(store, repo, kill) {
  const report = `${repo}.report.json`;
  rmSync(report, { force: true });
  const args = [CLI, 'convert', '--tracking_uri', store, '--repo', repo, '--quiet', '--report', report];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const timer = kill && setTimeout(() => child.kill(kill.signal), kill.after);
  const [code] = await once(child, 'exit');
  clearTimeout(timer);
  if (kill === undefined && code !== 0) throw new Error(`A conversion that nobody killed ended with ${code}.`);
  if (!existsSync(report)) return undefined;
  return JSON.parse(readFileSync(report, 'utf8')).summary.runs.new;
}

/**
 * The runs that Aim lists.
 *
 * @param {string} repo
 */
function rows(repo) {
  const file = join(repo, '.aim/run_metadata.sqlite');
  if (!existsSync(file)) return 0;
  const database = new DatabaseSync(file);
  try {
    const tables = database.prepare("SELECT count(*) AS runs FROM sqlite_master WHERE name = 'run'").get();
    return tables?.runs === 0 ? 0 : Number(database.prepare('SELECT count(*) AS runs FROM run').get()?.runs);
  } finally {
    database.close();
  }
}

/**
 * What the databases of each run hold, and the index, record by record. A run is one when it has attributes.
 *
 * @param {string} repo
 */
function digests(repo) {
  const found = new Map();
  const chunks = join(repo, '.aim/meta/chunks');
  for (const run of existsSync(chunks) ? readdirSync(chunks) : []) {
    found.set(run, `${digest(join(chunks, run))} ${digest(join(repo, '.aim/seqs/chunks', run))}`);
  }
  const index = join(repo, '.aim/meta/index');
  if (existsSync(join(index, 'CURRENT'))) found.set('index', digest(index, /index_cache/));
  return found;
}

/**
 * @param {string} directory of a database
 * @param {RegExp} [except] keys that tell of files and not of data
 */
function digest(directory, except) {
  const hash = createHash('sha256');
  const reader = new DatabaseReader(directory);
  try {
    for (const { key, value } of reader.records()) {
      if (except?.test(key) !== true) hash.update(key, 'latin1').update(value);
    }
  } finally {
    reader.close();
  }
  return hash.digest('hex');
}
