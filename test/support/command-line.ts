import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, expect } from '@jest/globals';
import type { Warning } from '../../src/events.js';
import type { RunOutcome, RunReport } from '../../src/outcome.js';
import type { ConversionSummary } from '../../src/summary/summary.js';
import { temporaryDirectory } from './temporary.js';

/** The command as it is built: worker threads cannot run TypeScript, so whole conversions are tested on this. */
const CLI = resolve(process.env.MLFLOW2AIM_CLI ?? fileURLToPath(new URL('../../dist/bundle/cli.js', import.meta.url)));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process under test. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /**
   * The first line of stdout that passes, as soon as it is there. Rejects when the process ends without it, or says nothing
   * at all for 30 seconds.
   */
  line(passes: (line: string) => boolean): Promise<string>;
}

/** A file of the build as a URL that a script of {@link startScript} can import. */
export function built(module: string): string {
  if (!existsSync(CLI)) throw new Error(`${CLI} is not there: run npm run build first.`);
  return pathToFileURL(join(CLI, '..', '..', module)).href;
}

export function startCli(args: readonly string[], options: ProcessOptions = {}): Started {
  built('cli.js');
  return start([CLI, ...args], options);
}

/** The command behind another one, such as a shell that sets limits and takes the rest as its arguments. */
export function startCommand(before: readonly [string, ...string[]], args: readonly string[]): Started {
  built('cli.js');
  const [program, ...more] = before;
  return start([...more, process.execPath, CLI, ...args], {}, program);
}

/** Runs the text of an ES module in a process of its own. */
export function startScript(script: string, options: Pick<ProcessOptions, 'cwd' | 'uid' | 'preload'> = {}): Started {
  if (options.preload === undefined) return start(['--input-type=module', '--eval', script], options);
  // threads that are started with a preloaded module refuse --input-type
  const file = join(temporaryDirectory(), 'script.mjs');
  writeFileSync(file, script);
  return start([file], options);
}

interface ProcessOptions {
  readonly cwd?: string;
  readonly uid?: number;
  /** Besides that of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** The text of an ES module that is run first, in each thread. */
  readonly preload?: string;
}

/** So long a process may say nothing while a line of it is awaited. */
const LONGEST_SILENCE_MS = 30_000;

/** What a failed test leaves running. */
const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

function start(
  main: readonly string[],
  { env: more, preload, ...options }: ProcessOptions,
  program = process.execPath,
): Started {
  const args = preload === undefined ? main : ['--import', moduleOf(preload), ...main];
  // no configuration of whoever runs the tests
  const { MLFLOW_TRACKING_URI: _, ...env }: NodeJS.ProcessEnv = {
    ...process.env,
    XDG_CONFIG_HOME: '/nonexistent',
    ...more,
  };
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env, ...options });
  running.add(child);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let heardAt = performance.now();
  const look = () => {
    heardAt = performance.now();
    for (const waiter of waiting) waiter();
  };
  createInterface({ input: child.stdout! }).on('line', (line) => {
    lines.push(line);
    look();
  });
  const errors: Buffer[] = [];
  child.stderr!.on('data', (part: Buffer) => {
    errors.push(part);
    heardAt = performance.now();
  });
  let over = false;
  const ended = new Promise<Ended>((settle, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      over = true;
      running.delete(child);
      const stdout = lines.map((line) => `${line}\n`).join('');
      settle({ code, signal, stdout, stderr: Buffer.concat(errors).toString() });
      look();
    });
  });
  const line = (passes: (line: string) => boolean) =>
    new Promise<string>((settle, reject) => {
      const fail = (how: string) =>
        reject(
          new Error(`The process ${how} before the line ${passes}. It said: ${lines.join('\n')} ${errors.join('')}`),
        );
      const waiter = () => {
        const found = lines.find(passes);
        const isSilent = performance.now() - heardAt > LONGEST_SILENCE_MS;
        if (found !== undefined) settle(found);
        else if (over) fail('ended');
        else if (isSilent) fail(`said nothing for ${LONGEST_SILENCE_MS / 1000} s`);
        else return;
        waiting.delete(waiter);
        clearInterval(timer);
      };
      heardAt = performance.now();
      const timer = setInterval(waiter, 1_000);
      waiting.add(waiter);
      waiter();
    });
  return { child, ended, line };
}

function moduleOf(text: string): string {
  return `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`;
}

/** The part of a report file that tests read. */
export interface Report {
  readonly runs: readonly RunReport[];
  /** Their messages. */
  readonly warnings: readonly string[];
  readonly summary: ConversionSummary;
  readonly interrupted: boolean;
}

/**
 * `mlflow2aim convert --report …` that must end with `code`; gives what it reported. In one thread, unless the flags say otherwise:
 * the stores are small, and starting another one takes longer than they do.
 */
export async function convert(store: string, repo: string, flags: readonly string[] = [], code = 0): Promise<Report> {
  const file = join(temporaryDirectory(), 'report.json');
  const threads = flags.includes('--concurrency') ? [] : ['--concurrency', '1'];
  const args = ['convert', '--tracking-uri', store, '--repo', repo, '--report', file, '--quiet', ...threads, ...flags];
  const ended = await startCli(args).ended;
  expect(`${ended.code} ${ended.code === code ? '' : ended.stderr}`).toBe(`${code} `);
  const report = JSON.parse(readFileSync(file, 'utf8')) as Omit<Report, 'warnings'> & {
    readonly warnings: readonly Warning[];
  };
  return { ...report, warnings: report.warnings.map(({ message }) => message) };
}

/** How many runs ended how; only the outcomes that there were. */
export function outcomes({ runs }: Pick<Report, 'runs'>): Partial<Record<RunOutcome, number>> {
  const counts: Partial<Record<RunOutcome, number>> = {};
  for (const { outcome } of runs) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** Whether a line of the JSON log is this event. */
export function isEvent(name: string): (line: string) => boolean {
  return (line) => line.includes(`"event":"${name}"`);
}
