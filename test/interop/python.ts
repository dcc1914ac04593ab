import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll } from '@jest/globals';

const HERE = dirname(fileURLToPath(import.meta.url));
const SCRIPTS = join(HERE, 'python');

/** The interpreter with MLflow and Aim: the one that scripts/prepare-interop.mjs made, or another one on request. */
export const PYTHON = process.env.MLFLOW2AIM_PYTHON ?? join(resolve(HERE, '../..'), '.cache/interop/venv/bin/python');

/** An interpreter with MLflow 2.22, for its server: MLflow 3 cannot live beside it. */
export const MLFLOW_2 =
  process.env.MLFLOW2AIM_PYTHON_MLFLOW2 ?? join(resolve(HERE, '../..'), '.cache/interop/mlflow2/bin/python');

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process that has MLflow and Aim imported and forks for each script: see python/fork_server.py. */
class ForkServer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: { readonly settle: (answer: Answer) => void; readonly reject: (reason: Error) => void }[] = [];

  constructor() {
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
    this.#child = spawn(PYTHON, [join(SCRIPTS, 'fork_server.py')], { env });
    createInterface({ input: this.#child.stdout }).on('line', (line) =>
      this.#waiting.shift()?.settle(JSON.parse(line)),
    );
    let said = '';
    this.#child.stderr.on('data', (part: Buffer) => {
      said += part.toString();
    });
    const fail = (reason: Error) => {
      for (const { reject } of this.#waiting.splice(0)) reject(reason);
    };
    this.#child.on('error', fail);
    this.#child.on('close', (code) => fail(new Error(`fork_server.py ended with ${code}\n${said}`)));
  }

  run(argv: readonly string[], stdin: string): Promise<Answer> {
    return new Promise((settle, reject) => {
      this.#waiting.push({ settle, reject });
      this.#child.stdin.write(`${JSON.stringify({ argv, stdin })}\n`);
    });
  }

  end(): void {
    this.#child.stdin.end();
  }
}

let server: ForkServer | undefined;

afterAll(() => server?.end());

/** Runs a script of python/, or code with `-c`, in a process of its own; rejects with what it wrote when it fails. */
export async function python(args: readonly string[], input = ''): Promise<string> {
  server ??= new ForkServer();
  const [script = '', ...rest] = args;
  const argv = [script.endsWith('.py') ? join(SCRIPTS, script) : script, ...rest];
  const { code, stdout, stderr } = await server.run(argv, input);
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
