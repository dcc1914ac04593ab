import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const SCRIPTS = join(HERE, 'python');

/** The interpreter with MLflow and Aim: the one that scripts/prepare-interop.mjs made, or another one on request. */
export const PYTHON = process.env.MLFLOW2AIM_PYTHON ?? join(resolve(HERE, '../..'), '.cache/interop/venv/bin/python');

/** An interpreter with MLflow 2.22, for its server: MLflow 3 cannot live beside it. */
export const MLFLOW_2 =
  process.env.MLFLOW2AIM_PYTHON_MLFLOW2 ?? join(resolve(HERE, '../..'), '.cache/interop/mlflow2/bin/python');

/** What runs in a fork of a process that has MLflow and Aim imported; see python/fork_server.py, which documents both. */
interface ForkRequest {
  readonly stdin?: string;
  readonly output?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs in a fork, in a process group of its own. */
export interface ForkedProgram {
  readonly pid: number;
  readonly ended: Promise<Ended>;
}

/** Runs what follows `python` on a command line with the interpreter that set-up-interop.mjs has started. */
export async function forkPython(argv: readonly string[], request: ForkRequest = {}): Promise<ForkedProgram> {
  const { stdin = '', output, cwd = process.cwd(), env = process.env } = request;
  const socket = await connected();
  socket.write(`${JSON.stringify({ argv, env: { ...env, PYTHONDONTWRITEBYTECODE: '1' }, cwd, stdin, output })}\n`);
  const answers = createInterface({ input: socket });
  const lines = answers[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`The fork server ended while it ran python ${argv.join(' ')}.`);
    return JSON.parse(value as string);
  };
  const { pid } = (await next()) as { pid: number };
  const ended = next().then((answer) => answer as Ended);
  ended.catch(() => undefined); // whoever needs it awaits it; a server is killed without
  return { pid, ended };
}

/** The fork server listens before it has imported anything, and soon after it was started. */
async function connected(): Promise<Socket> {
  const path = process.env.MLFLOW2AIM_FORK_SERVER;
  if (path === undefined) throw new Error('MLFLOW2AIM_FORK_SERVER is not set: jest has not run set-up-interop.mjs.');
  const socket = connect(path);
  await once(socket, 'connect');
  return socket;
}

/** Runs a script of python/, or code with `-c`, in a process of its own; rejects with what it wrote when it fails. */
export async function python(args: readonly string[], input = ''): Promise<string> {
  const [script = '', ...rest] = args;
  const argv = [script.endsWith('.py') ? join(SCRIPTS, script) : script, ...rest];
  const { code, stdout, stderr } = await (await forkPython(argv, { stdin: input })).ended;
  if (code === 0) return stdout;
  throw new Error(`python ${args.join(' ')} ended with ${code}\n${stdout.slice(-2000)}${stderr.slice(-4000)}`);
}

/** What a script prints, one JSON value a line. */
export async function pythonLines<T>(args: readonly string[], input?: string): Promise<T[]> {
  const text = await python(args, input);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

/** Aim's own command line. */
export function aim(...args: string[]): Promise<string> {
  return python(['-c', AIM, ...args]);
}

/** Aim's command line as code for `python -c`: the script that pip installs is found on no PATH here. */
export const AIM = 'import sys; from aim.cli.cli import cli_entry_point as run; sys.exit(run())';
