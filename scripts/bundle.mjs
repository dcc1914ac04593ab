#!/usr/bin/env node
// @ts-check
/**
 * Puts the command, the library and the worker thread into few files, dist/bundle: loading the modules one by one, in the
 * command and again in each thread, took a seventh of the time of a conversion of a hundred runs. Packages stay outside.
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const project = fileURLToPath(new URL('..', import.meta.url));
const outdir = `${project}dist/bundle`;

rmSync(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: project,
  entryPoints: { cli: 'src/cli.ts', index: 'src/index.ts', worker: 'src/run/worker.ts' },
  outdir,
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  logLevel: 'warning',
});
