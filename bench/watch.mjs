#!/usr/bin/env node
// @ts-check
/**
 * How far a watch is behind: runs train into a directory, and from the moment in which a point is appended to the one in
 * which it can be read from the Aim repository the time is taken. README.md beside this file says how to run it.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encodePath } from '../dist/aim/encoding.js';
import { runPath, tracePath } from '../dist/aim/paths.js';
import { sequenceId } from '../dist/aim/sequence.js';
import { DatabaseReader } from '../dist/rocksdb/database.js';
import { Workspace } from './workspace.mjs';

const CLI = fileURLToPath(new URL('../dist/bundle/cli.js', import.meta.url));
const EXPERIMENT = '415238964142325618';
/** Milliseconds between two looks at the repository; a lag is measured to that. */
const LOOK_EVERY = 50;
const PROBED = 'metric_0';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    runs: { type: 'string', default: '50' },
    metrics: { type: 'string', default: '10' },
    rate: { type: 'string', default: '10' },
    report: { type: 'string', default: '30' },
  },
});
const shape = {
  seconds: Number(values.seconds),
  runs: Number(values.runs),
  metrics: Number(values.metrics),
  rate: Number(values.rate),
  report: Number(values.report),
};

/** @typedef {{ hash: string, directory: string, appended: number[], visible: number, modified: number }} Training */

const interruption = new AbortController();
for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(name, () => interruption.abort());
const workspace = await Workspace.create();
try {
  process.exitCode = await measure(interruption.signal);
} catch (error) {
  if (!interruption.signal.aborted) throw error;
  process.exitCode = 130;
} finally {
  await workspace.dispose();
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<number>} the exit code
 */
async function measure(signal) {
  const store = join(workspace.path, 'mlruns');
  const repo = join(workspace.path, 'repo');
  mkdirSync(repo);
  const trainings = makeRuns(store);
  const watch = spawn(
    process.execPath,
    [CLI, 'sync', '--tracking-uri', store, '--repo', repo, '--log-format', 'json'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = new Promise((settle) => watch.on('exit', settle));
  try {
    for await (const line of createInterface({ input: /** @type {import('node:stream').Readable} */ (watch.stdout) })) {
      if (line.includes('"event":"watching"')) break;
    }
    watch.stdout?.resume();
    print(`${shape.runs} runs × ${shape.metrics} metrics × ${shape.rate} points/s for ${shape.seconds} s`);
    print(`${availableParallelism()} cores, load average before: ${loadavg()[0]?.toFixed(2)}`);
    print('');
    print('| seconds | lag p50 | p90 | p99 | max | RSS MB | open files | CPU % | points/s |');
    print('| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
    await train(trainings, repo, watch.pid ?? 0, signal);
    return 0;
  } finally {
    watch.kill('SIGTERM');
    await ended;
  }
}

/**
 * @param {Training[]} trainings
 * @param {string} repo
 * @param {number} pid
 * @param {AbortSignal} signal
 */
async function train(trainings, repo, pid, signal) {
  const began = performance.now();
  const all = [];
  let window = [];
  let steps = 0;
  let reported = { at: began, steps: 0, cpu: cpuSeconds(pid) };
  for (let now = began; now < began + shape.seconds * 1000; now = performance.now()) {
    while (((now - began) * shape.rate) / 1000 > steps) appendStep(trainings, steps++);
    for (const training of trainings) window.push(...look(training, repo));
    if (now - reported.at >= shape.report * 1000) {
      all.push(...window);
      const cpu = cpuSeconds(pid);
      const span = (now - reported.at) / 1000;
      const points = ((steps - reported.steps) * shape.runs * shape.metrics) / span;
      printRow(String(Math.round((now - began) / 1000)), window, pid, ((cpu - reported.cpu) / span) * 100, points);
      window = [];
      reported = { at: now, steps, cpu };
    }
    await delay(LOOK_EVERY, undefined, { signal });
  }
  all.push(...window);
  const span = (performance.now() - began) / 1000;
  const behind = Math.max(...trainings.map(({ appended, visible }) => appended.length - visible));
  printRow('all', all, pid, 0, (steps * shape.runs * shape.metrics) / span);
  print('');
  print(`${all.length} steps seen; at the end the last ${behind} steps of a run were not visible yet.`);
}

/**
 * A step of all runs: a line for each metric.
 *
 * @param {Training[]} trainings
 * @param {number} step
 */
function appendStep(trainings, step) {
  for (const { directory, appended } of trainings) {
    const line = `${Date.now()} ${(1 / (1 + step)).toFixed(6)} ${step}\n`;
    // the probed metric last: when it is visible, so are the others
    for (let metric = shape.metrics - 1; metric >= 0; metric--) {
      appendFileSync(join(directory, 'metrics', `metric_${metric}`), line);
    }
    appended.push(performance.now());
  }
}

/**
 * The lags, in milliseconds, of the steps of a run that have become visible since the last look.
 *
 * @param {Training} training
 * @param {string} repo
 */
function look(training, repo) {
  const database = join(repo, '.aim/meta/chunks', training.hash);
  const modified = statSync(join(database, 'CURRENT'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (modified === training.modified) return [];
  training.modified = modified;
  const last = lastStep(database, training.hash);
  const now = performance.now();
  const lags = training.appended.slice(training.visible, last + 1).map((at) => now - at);
  training.visible = Math.max(training.visible, last + 1);
  return lags;
}

/**
 * @param {string} database
 * @param {string} hash
 */
function lastStep(database, hash) {
  const { name, contextId } = sequenceId(PROBED, new Map());
  const key = runPath(hash) + tracePath(contextId, name) + encodePath('last_step');
  try {
    const reader = new DatabaseReader(database);
    try {
      for (const record of reader.records(key)) return Number(record.value.readBigInt64LE(1));
    } finally {
      reader.close();
    }
  } catch {
    // replaced at this very moment: the next look finds it
  }
  return -1;
}

/**
 * @param {string} label
 * @param {number[]} lags
 * @param {number} pid
 * @param {number} cpu
 * @param {number} points
 */
function printRow(label, lags, pid, cpu, points) {
  const sorted = [...lags].sort((a, b) => a - b);
  const at = (/** @type {number} */ part) => {
    const lag = sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
    return lag === undefined ? '–' : `${(lag / 1000).toFixed(2)} s`;
  };
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  const files = readdirSync(`/proc/${pid}/fd`).length;
  const numbers = [at(0.5), at(0.9), at(0.99), at(1), Math.round(Number(rss) / 1000), files, cpu.toFixed(0)];
  print(`| ${[label, ...numbers, Math.round(points)].join(' | ')} |`);
}

/**
 * User and system time of a process, seconds; the clock ticks a hundred times a second on every Linux.
 *
 * @param {number} pid
 */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/**
 * Runs that have just begun, in a store of their own.
 *
 * @param {string} store
 * @returns {Training[]}
 */
function makeRuns(store) {
  const experiment = join(store, EXPERIMENT);
  mkdirSync(experiment, { recursive: true });
  writeYaml(experiment, {
    artifact_location: experiment,
    creation_time: Date.now(),
    experiment_id: `'${EXPERIMENT}'`,
    last_update_time: Date.now(),
    lifecycle_stage: 'active',
    name: 'live',
  });
  return Array.from({ length: shape.runs }, (_, index) => {
    const hash = index.toString(16).padStart(32, 'a');
    const directory = join(experiment, hash);
    for (const folder of ['metrics', 'params', 'tags', 'artifacts']) {
      mkdirSync(join(directory, folder), { recursive: true });
    }
    writeYaml(directory, {
      artifact_uri: join(directory, 'artifacts'),
      end_time: 'null',
      entry_point_name: "''",
      experiment_id: `'${EXPERIMENT}'`,
      lifecycle_stage: 'active',
      run_id: hash,
      run_name: `live-${index}`,
      source_name: "''",
      source_type: 4,
      source_version: "''",
      start_time: Date.now(),
      status: 1,
      tags: '[]',
      user_id: 'bench',
    });
    return { hash, directory, appended: [], visible: 0, modified: 0 };
  });
}

/**
 * @param {string} directory
 * @param {Readonly<Record<string, string | number>>} fields
 */
function writeYaml(directory, fields) {
  const lines = Object.entries(fields).map(([key, value]) => `${key}: ${value}\n`);
  writeFileSync(join(directory, 'meta.yaml'), lines.join(''));
}

/** @param {string} line */
function print(line) {
  process.stdout.write(`${line}\n`);
}
