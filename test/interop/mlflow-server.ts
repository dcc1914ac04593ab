import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { scratch } from './harness.js';
import { PYTHON } from './python.js';

const POLL_MS = 100;
const PATIENCE_MS = 120_000;

export interface MlflowServerOptions {
  /** The interpreter whose MLflow serves. */
  readonly python?: string;
  /** Flags of `mlflow server` beside those for place and port; with `--backend-store-uri` for other than a SQLite database. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** `user:password` for asking whether it is up. */
  readonly credentials?: string;
  /** What `--static-prefix` says. */
  readonly prefix?: string;
  /** By default one that is free. */
  readonly port?: number;
}

/** A real `mlflow server` on a port of this machine, with a directory of its own. */
export interface MlflowServer {
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  readonly log: () => string;
  readonly ended: () => boolean;
  readonly stop: () => Promise<void>;
}

const running = new Set<MlflowServer>();

afterAll(async () => {
  await Promise.all([...running].map((server) => server.stop()));
});

/** Starts a server, and resolves when it answers. It is stopped with its workers when the test file is through. */
export async function serveMlflow(options: MlflowServerOptions = {}): Promise<MlflowServer> {
  const { python = PYTHON, flags = [], env = {}, credentials, prefix = '' } = options;
  const directory = join(await scratch(), 'server');
  await mkdir(directory);
  const { port = await freePort() } = options;
  const isForArtifacts = flags.includes('--artifacts-only');
  const store =
    isForArtifacts || flags.includes('--backend-store-uri')
      ? []
      : ['--backend-store-uri', `sqlite:///${join(directory, 'm.db')}`];
  const files = flags.includes('--no-serve-artifacts') ? [] : ['--artifacts-destination', join(directory, 'files')];
  const place = ['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'];
  const child = spawn(python, [...place, ...store, ...files, ...(prefix && ['--static-prefix', prefix]), ...flags], {
    cwd: directory,
    detached: true, // its workers are in its process group, which is stopped as a whole
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...QUIET, ...env },
  });
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (part: Buffer) => {
      said = (said + part.toString()).slice(-20_000);
    });
  }
  const ended = new Promise<void>((settle) => child.on('close', () => settle()));
  const url = `http://127.0.0.1:${port}${prefix}`;
  const stop = async (): Promise<void> => {
    running.delete(server);
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    await ended;
  };
  const server: MlflowServer = { url, port, directory, log: () => said, ended: () => child.exitCode !== null, stop };
  running.add(server);
  const headers: Record<string, string> =
    credentials === undefined ? {} : { authorization: `Basic ${btoa(credentials)}` };
  await answers(
    `http://127.0.0.1:${port}/health`,
    `${url}/api/2.0/${isForArtifacts ? 'mlflow-artifacts/artifacts' : 'mlflow/experiments/get?experiment_id=0'}`,
    headers,
    server,
  );
  return server;
}

const QUIET = {
  MLFLOW_DISABLE_TELEMETRY: 'true',
  DO_NOT_TRACK: 'true',
  MLFLOW_ALLOW_FILE_STORE: 'true',
  PYTHONDONTWRITEBYTECODE: '1',
  // seven more processes, each of which loads MLflow, for what nobody asks here
  MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
};

/** Waits until the server has its database; the answer itself does not matter. */
async function answers(
  health: string,
  url: string,
  headers: Record<string, string>,
  server: MlflowServer,
): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      await fetch(health, { headers });
      if ((await fetch(url, { headers })).status === 200) return;
    } catch {
      // not yet
    }
    if (Date.now() > end || server.ended())
      throw new Error(`mlflow server did not come up at ${url}.\n${server.log().slice(-3000)}`);
    await new Promise((resume) => setTimeout(resume, POLL_MS));
  }
}

export function freePort(): Promise<number> {
  return new Promise((settle, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => settle(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
