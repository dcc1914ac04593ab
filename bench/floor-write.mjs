// @ts-check
/**
 * The floor on the writing side: as many directories and files as a repository has, of the same sizes, written in the plainest
 * way and flushed to the disk once. Prints a line of JSON; looking at the repository is not in its seconds.
 *
 * usage: node floor-write.mjs REPOSITORY TARGET
 */
import { randomFillSync } from 'node:crypto';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { flush } from './workspace.mjs';

const [repository = '', target = ''] = process.argv.slice(2);

/** @type {string[]} */
const directories = [];
/** @type {{ path: string, size: number }[]} */
const files = [];
for (const entry of readdirSync(repository, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  const copy = join(target, path.slice(repository.length));
  if (entry.isDirectory()) directories.push(copy);
  else files.push({ path: copy, size: statSync(path).size });
}
directories.sort(); // parents first
const content = randomFillSync(Buffer.alloc(Math.max(...files.map(({ size }) => size))));

const start = performance.now();
mkdirSync(target);
for (const directory of directories) mkdirSync(directory);
for (const { path, size } of files) writeFileSync(path, content.subarray(0, size));
await flush(target);
const seconds = (performance.now() - start) / 1000;

const bytes = files.reduce((sum, { size }) => sum + size, 0);
process.stdout.write(`${JSON.stringify({ seconds, files: files.length, bytes })}\n`);
