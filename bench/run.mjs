#!/usr/bin/env node
// @ts-check
/** The benchmark; README.md beside this file says how to run it and what its rows mean. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureAll } from './page.mjs';
import { say } from './progress.mjs';
import { COMPARISONS, SHAPE_NAMES } from './shapes.mjs';
import { Workspace } from './workspace.mjs';

const RESULTS = fileURLToPath(new URL('./results.md', import.meta.url));
const INTEROP_PYTHON = fileURLToPath(new URL('../.cache/interop/venv/bin/python', import.meta.url));

const USAGE = `usage: npm run bench -- [options]

  --shape NAME   only this: ${SHAPE_NAMES.join(', ')}; may be repeated
  --quick        stores ten times smaller, each measured once: does it work?
  --full         the peer converts whole stores, once, instead of a tenth of them (many minutes)
  --runs N       repetitions of each measurement (default: 3)

A run with neither --shape nor --quick also writes bench/results.md.
`;

const interruption = new AbortController();
for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(name, () => interruption.abort());

try {
  process.exitCode = await main(interruption.signal);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${interruption.signal.aborted ? 'Interrupted; nothing is left behind.' : message}\n`);
  process.exitCode = interruption.signal.aborted ? 130 : 1;
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<number>} the exit code: 1 when a limit was not kept
 */
async function main(signal) {
  const options = parseOptions();
  if (options === undefined) return 2;
  const { shapes, quick, full, repetitions } = options;
  const python = shapes.some((name) => name in COMPARISONS || name === 'sources') ? await preparePython() : '';
  const workspace = await Workspace.create();
  try {
    const conditions = { workspace, signal, repetitions, quick, full, python };
    const { text, failures } = await measureAll(shapes, conditions);
    say('');
    process.stdout.write(text);
    if (!quick && shapes.length === SHAPE_NAMES.length) writeFileSync(RESULTS, text);
    return failures === 0 ? 0 : 1;
  } finally {
    say('');
    await workspace.dispose();
  }
}

/** The options of the command line; undefined, and the usage on stderr, when it cannot be understood. */
function parseOptions() {
  try {
    const { values } = parseArgs({
      options: {
        shape: { type: 'string', multiple: true, default: SHAPE_NAMES },
        quick: { type: 'boolean', default: false },
        full: { type: 'boolean', default: false },
        runs: { type: 'string' },
      },
    });
    const { quick, full } = values;
    const shapes = SHAPE_NAMES.filter((name) => values.shape.includes(name));
    const unknown = values.shape.find((name) => !SHAPE_NAMES.includes(name));
    if (unknown !== undefined) throw new Error(`There is no shape ${unknown}.`);
    const repetitions = Number(values.runs ?? (quick ? 1 : 3));
    if (!Number.isInteger(repetitions) || repetitions < 1) throw new Error('--runs takes a number from 1 on.');
    return { shapes, quick, full, repetitions };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return undefined;
  }
}

/** The Python that has the real Aim and MLflow: the one of the interop tests. */
async function preparePython() {
  const { default: prepareInterop } = await import('../scripts/prepare-interop.mjs');
  await prepareInterop();
  return process.env.MLFLOW2AIM_PYTHON ?? INTEROP_PYTHON;
}
