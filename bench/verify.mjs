#!/usr/bin/env node
// @ts-check
/**
 * What a verification costs beside the conversion; README.md says how to run it. Prints a table in Markdown: seconds and the most
 * memory of `convert`, of `verify` with the source, and of `verify` of the repository alone.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeStore } from './make-store.mjs';
import { lastLineAsJson, runProgram } from './process.mjs';

const CLI = fileURLToPath(new URL('../dist/bundle/cli.js', import.meta.url));
const PEAK_MEMORY = fileURLToPath(new URL('./peak-memory.mjs', import.meta.url));

/** @type {Readonly<Record<string, import('./make-store.mjs').StoreShape>>} */
const SHAPES = {
  'many runs': { runs: 1000, metrics: 10, points: 100 },
  'long runs': { runs: 2, metrics: 10, points: 100_000 },
  images: { runs: 50, metrics: 1, points: 100, images: 20 },
};

const { values } = parseArgs({ options: { runs: { type: 'string', default: '3' } } });
const repetitions = Number(values.runs);
const stopping = new AbortController();
for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(name, () => stopping.abort());

const root = mkdtempSync(join(tmpdir(), 'mlflow2aim-verify-'));
try {
  console.log('| store | convert | verify | without the source |\n| --- | --- | --- | --- |');
  for (const [name, shape] of Object.entries(SHAPES))
    console.log(`| ${[name, ...(await measure(name, shape))].join(' | ')} |`);
} finally {
  rmSync(root, { recursive: true, force: true });
}

/**
 * The cells of a row.
 *
 * @param {string} name
 * @param {import('./make-store.mjs').StoreShape} shape
 */
async function measure(name, shape) {
  const store = join(root, name, 'mlruns');
  await makeStore(store, shape, stopping.signal);
  /** @type {{ seconds: number, peak: number }[][]} */
  const measured = [[], [], []];
  for (let i = 0; i < repetitions; i++) {
    const repo = join(root, name, `aim-${i}`);
    const commands = [
      ['convert', '--quiet', '--tracking_uri', store, '--repo', repo],
      ['verify', '--quiet', '--tracking_uri', store, '--repo', repo],
      ['verify', '--quiet', '--repo', repo],
    ];
    for (const [at, command] of commands.entries()) measured[at]?.push(await run(command));
    rmSync(repo, { recursive: true });
  }
  return measured.map((some) => {
    const seconds = median(some.map((one) => one.seconds));
    const peak = Math.max(...some.map((one) => one.peak));
    return `${seconds.toFixed(1)} s · ${Math.round(peak / 1e6)} MB`;
  });
}

/** @param {readonly string[]} args */
async function run(args) {
  const { seconds, stdout } = await runProgram(
    process.execPath,
    ['--import', PEAK_MEMORY, CLI, ...args],
    stopping.signal,
  );
  return { seconds, peak: /** @type {{ peak: number }} */ (lastLineAsJson(stdout)).peak };
}

/** @param {readonly number[]} numbers */
function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}
