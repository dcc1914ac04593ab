import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { scratch } from './harness.js';
import { freePort } from './ports.js';
import { PYTHON } from './python.js';
import { type ServerProcess, startServer } from './server-process.js';
import { createSqliteDatabase } from './sqlite-template.js';

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
export interface MlflowServer extends ServerProcess {
  readonly url: string;
  readonly port: number;
  readonly directory: string;
}

/** Starts a server, and resolves when it answers. It is stopped with its workers when the test file is through. */
export async function serveMlflow(options: MlflowServerOptions = {}): Promise<MlflowServer> {
  const { python = PYTHON, flags = [], env = {}, credentials, prefix = '' } = options;
  const directory = join(await scratch(), 'server');
  await mkdir(directory);
  const { port = await freePort() } = options;
  const isForArtifacts = flags.includes('--artifacts-only');
  const hasStore = isForArtifacts || flags.includes('--backend-store-uri');
  const database = join(directory, 'm.db');
  // the first experiment has its artifact location from the server that makes the tables
  const isDefaultRoot = !flags.includes('--default-artifact-root');
  if (!hasStore && isDefaultRoot && python === PYTHON) await createSqliteDatabase(database);
  const store = hasStore ? [] : ['--backend-store-uri', `sqlite:///${database}`];
  const files = flags.includes('--no-serve-artifacts') ? [] : ['--artifacts-destination', join(directory, 'files')];
  const place = ['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'];
  const argv = [...place, ...store, ...files, ...(prefix === '' ? [] : ['--static-prefix', prefix]), ...flags];
  const url = `http://127.0.0.1:${port}${prefix}`;
  const headers: Record<string, string> =
    credentials === undefined ? {} : { authorization: `Basic ${btoa(credentials)}` };
  const check = isForArtifacts ? 'mlflow-artifacts/artifacts' : 'mlflow/experiments/get?experiment_id=0';
  // the latter waits until the server has its database
  const answers = async (): Promise<boolean> => {
    await fetch(`http://127.0.0.1:${port}/health`, { headers });
    return (await fetch(`${url}/api/2.0/${check}`, { headers })).status === 200;
  };
  const server = await startServer(argv, { python, cwd: directory, env: { ...QUIET, ...env } }, answers);
  return { ...server, url, port, directory };
}

const QUIET = {
  MLFLOW_DISABLE_TELEMETRY: 'true',
  DO_NOT_TRACK: 'true',
  MLFLOW_ALLOW_FILE_STORE: 'true',
  PYTHONDONTWRITEBYTECODE: '1',
  // seven more processes, each of which loads MLflow, for what nobody asks here
  MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
};
