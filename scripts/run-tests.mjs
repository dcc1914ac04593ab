#!/usr/bin/env node
/**
 * Runs the unit and then the interop tests; a file that fails keeps none of the others from running. Ends with the files
 * that took longest and the line `N passed, N failed`.
 *
 *     node scripts/run-tests.mjs [--again] [unit] [interop]
 *
 * `--again` runs the files that failed a second time and names, at the end, those that passed only then. Such a file is a
 * defect, of the test or of what it tests, that is to be mended.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';

const JEST = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
/** Three files at a time, on two cores as well: they wait for processes, disks and clocks as often as they compute. */
const WORKERS = '--maxWorkers=3';
const FLAGS = { unit: [WORKERS, '--testTimeout=120000'], interop: [WORKERS] };

const { values, positionals } = parseArgs({ options: { again: { type: 'boolean' } }, allowPositionals: true });
const projects = positionals.length > 0 ? positionals : Object.keys(FLAGS);

/** How many of the slowest files are named. */
const SLOWEST = 12;

let passed = 0;
let failed = 0;
const passedAgain = [];
const durations = [];
for (const project of projects) {
  const first = await runJest(project);
  passed += first.passed;
  durations.push(...first.durations);
  if (values.again && first.failedFiles.length > 0) {
    const second = await runJest(project, first.failedFiles);
    // the tests of such a file that passed at first are counted once
    passed += second.passed - first.passedInFailedFiles;
    failed += second.failed;
    const recovered = first.failedFiles.filter((file) => !second.failedFiles.includes(file));
    passedAgain.push(...recovered.map((file) => relative(process.cwd(), file)));
  } else {
    failed += first.failed;
  }
}
if (passedAgain.length > 0) {
  process.stdout.write(`\nPassed only when run again:\n${passedAgain.map((file) => `  ${file}\n`).join('')}\n`);
}
process.stdout.write(`\nThe slowest files, in seconds:\n${slowest(durations)}\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

/** Runs the tests of a project, all or those in `files`. */
async function runJest(project, files = []) {
  const directory = await mkdtemp(join(tmpdir(), 'mlflow2aim-tests-'));
  try {
    const output = join(directory, 'results.json');
    const where = files.length > 0 ? ['--runTestsByPath', ...files] : [];
    const flags = [
      ...where,
      `--selectProjects=${project}`,
      ...(FLAGS[project] ?? []),
      '--reporters=default',
      '--reporters=<rootDir>/scripts/running-files-reporter.mjs',
      '--json',
      `--outputFile=${output}`,
    ];
    const status = await run(process.execPath, [...JEST, ...flags]);
    return summarise(await readFile(output, 'utf8').then(JSON.parse, () => undefined), status);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function summarise(results, status) {
  if (results === undefined) return { passed: 0, failed: 1, failedFiles: [], passedInFailedFiles: 0, durations: [] };
  const failing = results.testResults.filter((file) => file.status === 'failed');
  const passedInFailedFiles = failing.flatMap((file) => file.assertionResults).filter(isPassed).length;
  // a file that cannot be loaded has no tests, and a run can fail although each test has passed
  const broken = results.numFailedTests + results.numRuntimeErrorTestSuites;
  return {
    passed: results.numPassedTests,
    failed: status === 0 ? broken : Math.max(1, broken),
    failedFiles: failing.map((file) => file.name),
    passedInFailedFiles,
    durations: results.testResults.map(({ name, startTime, endTime }) => ({
      name,
      seconds: (endTime - startTime) / 1000,
    })),
  };
}

function slowest(files) {
  return files
    .toSorted((one, other) => other.seconds - one.seconds)
    .slice(0, SLOWEST)
    .map(({ name, seconds }) => `${seconds.toFixed(0).padStart(6)}  ${relative(process.cwd(), name)}\n`)
    .join('');
}

function isPassed({ status }) {
  return status === 'passed';
}

/** Resolves with the exit code; what jest would print of its results as JSON is left out. */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
