import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from '@jest/globals';
import type { Warning } from '../../src/events.js';
import type { RunReport } from '../../src/outcome.js';
import { python } from './python.js';
import { createFileStore } from './store-template.js';

export const PROJECT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
/** The command under test, as it is built. */
export const CLI = process.env.MLFLOW2AIM_CLI ?? join(PROJECT, 'dist/bundle/cli.js');

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a program and gathers what it says. */
export function start(program: string, args: readonly string[], options: SpawnOptions = {}) {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
  return { child, finished: gather(child) };
}

function gather(child: ChildProcess): Promise<Finished> {
  const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout?.on('data', (part: Buffer) => parts.stdout.push(part));
  child.stderr?.on('data', (part: Buffer) => parts.stderr.push(part));
  return new Promise((settle, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const text = (name: 'stdout' | 'stderr') => Buffer.concat(parts[name]).toString('utf8');
      settle({ code, signal, stdout: text('stdout'), stderr: text('stderr') });
    });
  });
}

/** mlflow2aim, whatever it ends with. */
export async function mlflow2aim(args: readonly string[], options: SpawnOptions = {}): Promise<Finished> {
  if (!existsSync(CLI)) throw new Error(`${CLI} is not there: run npm run build first.`);
  const { child, finished } = start(process.execPath, [CLI, ...args], options);
  child.stdin?.end();
  return finished;
}

/** The part of a report file that the tests read. */
export interface Report {
  readonly runs: readonly RunReport[];
  /** Their messages. */
  readonly warnings: readonly string[];
}

/** `mlflow2aim convert` that must end with `code`; gives its report. */
export async function convert(store: string, repo: string, flags: readonly string[] = [], code = 0): Promise<Report> {
  const file = join(await scratch(), 'report.json');
  const ended = await mlflow2aim(['convert', '--tracking_uri', store, '--repo', repo, '--report', file, ...flags]);
  expect(`${ended.code} ${ended.code === code ? '' : ended.stderr + ended.stdout}`).toBe(`${code} `);
  const report = JSON.parse(await readFile(file, 'utf8')) as Omit<Report, 'warnings'> & {
    readonly warnings: readonly Warning[];
  };
  return { ...report, warnings: report.warnings.map(({ message }) => message) };
}

/** How many runs ended how. */
export function outcomes(report: Report): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const run of report.runs) counts[run.outcome] = (counts[run.outcome] ?? 0) + 1;
  return counts;
}

const directories: string[] = [];

/** A directory that goes away when the test file is through. No part of it is called `artifacts`: MLflow minds. */
export async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mlflow2aim-'));
  directories.push(directory);
  return directory;
}

afterAll(async () => {
  await Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true })));
});

export type Shape = 'small' | 'edge' | 'wide' | 'long' | 'artifacts' | 'old' | 'fast';

/** A store of this shape in a directory of its own. Two of one shape have the same ids, but for `fast` ones. */
export async function makeStore(shape: Shape, ...numbers: string[]): Promise<string> {
  const directory = join(await scratch(), 'mlruns');
  if (shape === 'fast') await python(['make_stores.py', shape, directory, ...numbers]);
  else await createFileStore(shape, directory);
  return directory;
}

/** What MLflow's client writes of this shape into a server or a database; `flags` as make_stores.py has them. */
export async function fillStore(shape: Exclude<Shape, 'old' | 'fast'>, uri: string, ...flags: string[]): Promise<void> {
  await python(['make_stores.py', shape, uri, ...flags]);
}
