// @ts-check
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeStore } from './make-store.mjs';
import { runProgram } from './process.mjs';
import { Workspace } from './workspace.mjs';

/*
 * How well a plan foretells: each store is planned and then converted, and what was expected stands beside what it took. "Alone" is
 * what was expected if no other program used the processors, beside the processor time of the conversion on all of them; on a machine
 * with nothing else to do it is the same as the time.
 *
 *   npm run build && node bench/plan.mjs
 */

const CLI = fileURLToPath(new URL('../dist/bundle/cli.js', import.meta.url));

/** @type {ReadonlyArray<readonly [string, import('./make-store.mjs').StoreShape]>} */
const STORES = [
  ['3,000 runs × 10 metrics × 100 points', { runs: 3000, metrics: 10, points: 100 }],
  ['20 runs × 10 metrics × 20,000 points', { runs: 20, metrics: 10, points: 20_000 }],
  ['200 runs × (20 images of 100 KB + 10 texts)', { runs: 200, metrics: 0, points: 0, images: 20, texts: 10 }],
  ['10,000 runs × 3 metrics × 5 points', { runs: 10_000, metrics: 3, points: 5 }],
  ['40 runs × 2 metrics × 10 points', { runs: 40, metrics: 2, points: 10 }],
];

const controller = new AbortController();
process.once('SIGINT', () => controller.abort());
const { signal } = controller;
const workspace = await Workspace.create();
try {
  console.log('| store | plan takes | time: expected / taken | alone: expected / processors | disk | files |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const [name, shape] of STORES) console.log(await row(name, shape));
} finally {
  await workspace.dispose();
}

/**
 * @param {string} name
 * @param {import('./make-store.mjs').StoreShape} shape
 */
async function row(name, shape) {
  const [store, repo] = [await workspace.fresh('store'), await workspace.fresh('repo')];
  await makeStore(store, shape, signal);
  const planned = await runProgram(process.execPath, [CLI, 'plan', store, repo, '--json'], signal);
  const { seconds, secondsAlone, requirements } = JSON.parse(planned.stdout);
  const converted = await timed([CLI, 'convert', store, repo, '--quiet']);
  const { stdout } = await runProgram('du', ['-s', '-B1', join(repo, '.aim')], signal);
  const bytes = Number.parseInt(stdout, 10);
  const files = existsSync(repo) ? readdirSync(join(repo, '.aim'), { recursive: true }).length + 1 : 0;
  const cells = [
    name,
    `${planned.seconds.toFixed(1)} s`,
    `${seconds.toFixed(1)} / ${converted.seconds.toFixed(1)} s: **${(seconds / converted.seconds).toFixed(2)}**`,
    `${secondsAlone.toFixed(1)} / ${converted.processors.toFixed(1)} s`,
    `${megabytes(requirements.disk.needed)} / ${megabytes(bytes)}`,
    `${requirements.inodes.needed} / ${files}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

/**
 * How long a command takes, and how long all processors would be busy with it.
 *
 * @param {readonly string[]} args
 */
async function timed(args) {
  // the shell prints the processor time of what it has run, "user system", to standard output
  const script = 'TIMEFORMAT="%U %S"; { time "$0" "$@" >/dev/null 2>&1; } 2>&1';
  const { seconds, stdout } = await runProgram('bash', ['-c', script, process.execPath, ...args], signal);
  const [user = 0, system = 0] = stdout.trim().split(' ').map(Number);
  return { seconds, processors: (user + system) / availableParallelism() };
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
