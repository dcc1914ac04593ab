// @ts-check
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeStore } from './make-store.mjs';
import { runProgram } from './process.mjs';
import { Workspace } from './workspace.mjs';

/*
 * How well a plan foretells: each store is planned and then converted, and what was expected stands beside what it took.
 *
 *   npm run build && node bench/plan.mjs
 */

const CLI = fileURLToPath(new URL('../dist/bundle/cli.js', import.meta.url));

/** @type {ReadonlyArray<readonly [string, import('./make-store.mjs').StoreShape]>} */
const STORES = [
  ['3,000 runs × 10 metrics × 100 points', { runs: 3000, metrics: 10, points: 100 }],
  ['20 runs × 10 metrics × 20,000 points', { runs: 20, metrics: 10, points: 20_000 }],
  ['200 runs × (20 images of 100 KB + 10 texts)', { runs: 200, metrics: 0, points: 0, images: 20, texts: 10 }],
];

const controller = new AbortController();
process.once('SIGINT', () => controller.abort());
const { signal } = controller;
const workspace = await Workspace.create();
try {
  console.log('| store | plan takes | time: expected / taken | disk: expected / taken | files: expected / taken |');
  console.log('| --- | --- | --- | --- | --- |');
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
  const { seconds, requirements } = JSON.parse(planned.stdout);
  const converted = await runProgram(process.execPath, [CLI, 'convert', store, repo, '--quiet'], signal);
  const { stdout } = await runProgram('du', ['-s', '-B1', join(repo, '.aim')], signal);
  const bytes = Number.parseInt(stdout, 10);
  const files = existsSync(repo) ? readdirSync(join(repo, '.aim'), { recursive: true }).length + 1 : 0;
  const cells = [
    name,
    `${planned.seconds.toFixed(1)} s`,
    `${seconds.toFixed(1)} / ${converted.seconds.toFixed(1)} s: **${(seconds / converted.seconds).toFixed(2)}**`,
    `${megabytes(requirements.disk.needed)} / ${megabytes(bytes)}`,
    `${requirements.inodes.needed} / ${files}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
