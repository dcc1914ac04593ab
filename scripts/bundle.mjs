#!/usr/bin/env node
// @ts-check
/**
 * Puts the command, the library and the worker thread into few files, dist/bundle: loading the modules one by one, in the
 * command and again in each thread, took a seventh of the time of a conversion of a hundred runs. Packages stay outside.
 * Beside them lies the page of `--report FILE.html`, without its data, as one file that needs no other.
 */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const project = fileURLToPath(new URL('..', import.meta.url));
const outdir = `${project}dist/bundle`;

rmSync(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: project,
  entryPoints: {
    cli: 'src/cli.ts',
    index: 'src/index.ts',
    worker: 'src/run/worker.ts',
    'plan-worker': 'src/plan/plan-worker.ts',
    'verify-worker': 'src/verify/work/verify-worker.ts',
    'structure-worker': 'src/verify/work/structure-worker.ts',
  },
  outdir,
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  logLevel: 'warning',
});

writeFileSync(`${outdir}/report-page.html`, await reportPage());

/** The page with its style and script, which its content security policy names by their hashes: it runs no other. */
async function reportPage() {
  const page = `${project}src/report/page`;
  const uplot = `${project}node_modules/uplot`;
  const style = await bundled({
    stdin: {
      contents: `@import "${uplot}/dist/uPlot.min.css"; @import "${page}/page.css";`,
      resolveDir: page,
      loader: 'css',
    },
  });
  const script = await bundled({ entryPoints: [`${page}/main.ts`], format: 'iife', target: 'es2022' });
  const policy = [
    "default-src 'none'",
    `script-src '${hash(script)}'`,
    `style-src '${hash(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  const { version } = JSON.parse(readFileSync(`${uplot}/package.json`, 'utf8'));
  const license = readFileSync(`${uplot}/LICENSE`, 'utf8').trim();
  const parts = {
    'content="policy"': `content="${policy.join('; ')}"`,
    '<style></style>': `<style>${style}</style>`,
    '<!--uplot-->': `<!--\nThe script below contains uPlot ${version} (https://github.com/leeoniya/uPlot):\n\n${license}\n-->`,
    '<script></script>': `<script>${script}</script>`,
  };
  const template = readFileSync(`${page}/page.html`, 'utf8');
  return Object.entries(parts).reduce((text, [place, part]) => text.replace(place, () => part), template);
}

/** @param {import('esbuild').BuildOptions} options */
async function bundled(options) {
  const { outputFiles } = await build({
    ...options,
    absWorkingDir: project,
    bundle: true,
    minify: true,
    charset: 'utf8',
    platform: 'browser',
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0].text.trim();
}

/** @param {string} text */
function hash(text) {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
