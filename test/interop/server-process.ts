import { spawn } from 'node:child_process';
import { openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll } from '@jest/globals';
import { forkPython, PYTHON } from './python.js';

const POLL_MS = 50;
const START_MS = 60_000;

/** A server written in Python, with the processes that it starts. */
export interface ServerProcess {
  /** What it has written so far. */
  readonly log: () => string;
  readonly ended: () => boolean;
  /** Kills it and its workers. */
  readonly stop: () => Promise<void>;
}

interface ServerOptions {
  /** Another interpreter than {@link PYTHON}. */
  readonly python?: string;
  readonly cwd?: string;
  /** Beside this process's. */
  readonly env?: Readonly<Record<string, string>>;
}

const running = new Set<ServerProcess>();
let count = 0;

afterAll(async () => {
  await Promise.all([...running].map((server) => server.stop()));
});

/**
 * Runs what follows `python` on a command line, and resolves when `answers` does so with true. The server leads a process
 * group, which is stopped as a whole when the test file is through: its workers would outlive it.
 */
export async function startServer(
  argv: readonly string[],
  { python = PYTHON, cwd = process.cwd(), env = {} }: ServerOptions,
  answers: () => Promise<boolean>,
): Promise<ServerProcess> {
  const output = join(tmpdir(), `mlflow2aim-server-${process.pid}-${++count}.log`);
  const settings = { cwd, env: { ...process.env, ...env } };
  const { pid, ended } = await (python === PYTHON
    ? forkPython(argv, { ...settings, output })
    : spawned(python, argv, { ...settings, output }));
  let isOver = false;
  let log = () => readFileSync(output, 'utf8');
  const over = ended.then(
    () => (isOver = true),
    () => (isOver = true),
  );
  const server: ServerProcess = {
    log: () => log(),
    ended: () => isOver,
    stop: async () => {
      if (!running.delete(server)) return;
      if (!isOver) process.kill(-pid, 'SIGKILL');
      await over;
      const said = log();
      log = () => said;
      rmSync(output);
    },
  };
  running.add(server);
  const end = Date.now() + START_MS;
  while (!(await answers().catch(() => false))) {
    if (Date.now() > end || isOver) {
      const happened = isOver ? 'ended' : `did not answer within ${START_MS / 1000} s`;
      throw new Error(`python ${argv.join(' ')} ${happened}.\n${server.log().slice(-3000)}`);
    }
    await delay(POLL_MS);
  }
  return server;
}

/** The same without a fork: for an interpreter that has not imported anything yet. */
async function spawned(
  python: string,
  argv: readonly string[],
  { output, ...settings }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly output: string },
): Promise<{ readonly pid: number; readonly ended: Promise<unknown> }> {
  const file = openSync(output, 'a');
  const child = spawn(python, argv, { ...settings, detached: true, stdio: ['ignore', file, file] });
  const ended = new Promise((settle) => child.on('close', settle));
  await new Promise<void>((settle, reject) => child.once('spawn', settle).once('error', reject));
  return { pid: child.pid as number, ended };
}
