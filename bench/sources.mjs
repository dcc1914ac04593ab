// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { lastLineAsJson, runProgram } from './process.mjs';

/** @typedef {import('./make-store.mjs').StoreShape} StoreShape */

/**
 * A source filled with one shape.
 *
 * @typedef {object} FilledSource
 * @property {string} uri for this tool and for MLflow's client alike
 * @property {() => Promise<void>} dispose
 */

/**
 * A kind of source that the benchmark measures.
 *
 * @typedef {object} SourceKind
 * @property {string} name
 * @property {number} [goal] how many times faster than MLflow's client reads it this tool should convert it
 * @property {(shape: StoreShape, conditions: SourceConditions) => Promise<FilledSource>} fill
 *
 * @typedef {Pick<import('./measure.mjs').Conditions, 'workspace' | 'signal' | 'python'>} SourceConditions
 */

const SERVER_READY_MS = 120_000;
const SERVER_POLL_MS = 200;
const GOAL = 10;

const POSTGRESQL = process.env.BENCH_POSTGRESQL ?? 'postgresql+psycopg2://postgres@127.0.0.1:5432';
const MYSQL = process.env.BENCH_MYSQL ?? 'mysql+pymysql://root@127.0.0.1:3306';

/** @param {string} name of a file beside this one */
const beside = (name) => fileURLToPath(new URL(name, import.meta.url));

/** @type {readonly SourceKind[]} */
export const SOURCES = [
  { name: 'SQLite', goal: GOAL, fill: fillSqlite },
  { name: 'PostgreSQL', goal: GOAL, fill: (shape, conditions) => fillServer(POSTGRESQL, shape, conditions) },
  { name: 'MariaDB', goal: GOAL, fill: (shape, conditions) => fillServer(MYSQL, shape, conditions) },
  { name: 'HTTP, SQLite behind', fill: fillHttp },
];

/**
 * @param {StoreShape} shape
 * @param {SourceConditions} conditions
 */
async function fillSqlite(shape, conditions) {
  const uri = `sqlite:///${await conditions.workspace.fresh('database')}.db`;
  await fill(uri, shape, conditions);
  return { uri, dispose: async () => {} };
}

/**
 * A database of its own on a server that is there.
 *
 * @param {string} server
 * @param {StoreShape} shape
 * @param {SourceConditions} conditions
 */
async function fillServer(server, shape, conditions) {
  const uri = `${server}/mlflow2aim_bench_${process.pid}_${shape.runs}`;
  const dispose = async () => {
    const drop = [beside('fill_source.py'), '--drop', uri];
    await runProgram(conditions.python, drop, new AbortController().signal);
  };
  try {
    await fill(uri, shape, conditions);
  } catch (error) {
    await dispose().catch(() => {});
    throw error;
  }
  return { uri, dispose };
}

/**
 * `mlflow server` with one worker, which is MLflow's answer to a laptop.
 *
 * @param {StoreShape} shape
 * @param {SourceConditions} conditions
 */
async function fillHttp(shape, conditions) {
  const { uri: database } = await fillSqlite(shape, conditions);
  const port = await freePort();
  const flags = ['--backend-store-uri', database, '--host', '127.0.0.1', '--port', String(port), '--workers', '1'];
  const server = spawn(conditions.python, ['-m', 'mlflow', 'server', ...flags], { stdio: 'ignore', detached: true });
  const dispose = async () => {
    if (server.exitCode !== null || server.pid === undefined) return;
    const ended = once(server, 'exit');
    process.kill(-server.pid, 'SIGKILL'); // its workers as well
    await ended;
  };
  const uri = `http://127.0.0.1:${port}`;
  try {
    await untilReady(`${uri}/health`, conditions.signal);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { uri, dispose };
}

/**
 * @param {string} uri
 * @param {StoreShape} shape
 * @param {SourceConditions} conditions
 */
async function fill(uri, { runs, metrics, points }, { python, signal }) {
  await runProgram(python, [beside('fill_source.py'), uri, ...[runs, metrics, points].map(String)], signal);
}

/**
 * Every run and history read with MLflow's client and thrown away; its start-up is not in the seconds.
 *
 * @param {string} python
 * @param {string} uri
 * @param {AbortSignal} signal
 * @returns {Promise<{ seconds: number, runs: number, points: number }>}
 */
export async function readWithClient(python, uri, signal) {
  const { stdout } = await runProgram(python, [beside('read_client.py'), uri], signal);
  return lastLineAsJson(stdout);
}

/**
 * The bytes of all histories taken from a server and thrown away, as fast as it gives them.
 *
 * @param {string} uri
 * @param {AbortSignal} signal
 * @returns {Promise<{ seconds: number, bytes: number }>}
 */
export async function loadFromServer(uri, signal) {
  const { stdout } = await runProgram(process.execPath, [beside('load-server.mjs'), uri], signal);
  return lastLineAsJson(stdout);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 */
async function untilReady(url, signal) {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(SERVER_READY_MS)]);
  for (;;) {
    const answer = await fetch(url, { signal: deadline }).catch(() => undefined);
    if (answer?.ok) return;
    deadline.throwIfAborted();
    await new Promise((settle) => setTimeout(settle, SERVER_POLL_MS));
  }
}
