import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const PROJECT = resolve(fileURLToPath(import.meta.url), '../..');
const SCRIPT = join(PROJECT, 'test/interop/python/fork_server.py');
const PYTHON = process.env.MLFLOW2AIM_PYTHON ?? join(PROJECT, '.cache/interop/venv/bin/python');

/** What the tests' scripts and servers import, and what takes long. */
const CLIENTS = ['aim.sdk.repo', 'mlflow.tracking', 'PIL.Image', 'psycopg2', 'pymysql'];
const SERVERS = [
  'aim.cli.cli',
  'aim.web.run',
  'mlflow.cli',
  'mlflow.server.fastapi_app',
  'mlflow.server.auth',
  'uvicorn',
];

let started;

/**
 * Starts the process whose forks run the Python programs of the interop tests. Resolves with the environment variable
 * that leads to it as soon as it listens: it answers when it has imported MLflow and Aim.
 */
export async function startForkServer() {
  const directory = mkdtempSync(join(tmpdir(), 'mlflow2aim-fork-'));
  const socket = join(directory, 'socket');
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
  const child = spawn(PYTHON, [SCRIPT, socket, ...CLIENTS, ...SERVERS], { stdio: ['pipe', 'ignore', 'inherit'], env });
  started = { child, directory, ended: once(child, 'close') };
  while (!(await answers(socket))) {
    if (child.exitCode !== null) throw new Error(`${SCRIPT} ended with ${child.exitCode}.`);
    await delay(20);
  }
  return { MLFLOW2AIM_FORK_SERVER: socket };
}

export async function stopForkServer() {
  if (started === undefined) return;
  started.child.stdin.end();
  await started.ended;
  rmSync(started.directory, { recursive: true, force: true });
}

function answers(socket) {
  return new Promise((settle) => {
    const connection = connect(socket);
    const tell = (answer) => {
      connection.destroy();
      settle(answer);
    };
    connection.once('connect', () => tell(true)).once('error', () => tell(false));
  });
}
