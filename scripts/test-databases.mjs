/**
 * The database servers of the interop tests. Those that answer on this machine are used; for the others servers of the
 * tests' own are started, on free ports of 127.0.0.1 and with data that is removed with them. Their programs are the
 * system's; as root on Debian or Ubuntu they are installed, otherwise their packages are unpacked into .cache/interop.
 *
 * `MLFLOW2AIM_TEST_DATABASES=own` starts them even where a server answers.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { Missing, run, runs } from './programs.mjs';

const UNPACKED = join(resolve(fileURLToPath(import.meta.url), '../..'), '.cache/interop/databases');
/** After so many milliseconds a server that does not answer has failed. */
const START_TIMEOUT = 60_000;
const IS_ROOT = process.getuid?.() === 0;
/** Servers refuse to run as root. */
const NOBODY = 65534;

const SERVERS = [
  {
    name: 'PostgreSQL',
    variable: 'MLFLOW2AIM_TEST_POSTGRESQL',
    port: 5432,
    uri: (port) => `postgresql://postgres@127.0.0.1:${port}`,
    packages: async () => [await newestPostgresql()],
    program: (root) => postgresqlPrograms(root).at(-1),
    initialise: (bin, data) => [
      join(bin, 'initdb'),
      ...['--pgdata', data, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
    ],
    serve: (bin, data, port) => [
      join(bin, 'postgres'),
      ...['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', data],
      // the compiler's library is large, and may not be among what was unpacked
      ...['-c', 'jit=off', '-c', 'fsync=off'],
    ],
  },
  {
    name: 'MariaDB',
    variable: 'MLFLOW2AIM_TEST_MYSQL',
    port: 3306,
    uri: (port) => `mysql://root@127.0.0.1:${port}`,
    packages: () => ['mariadb-server-core', 'mariadb-client-core'],
    program: (root) => [join(root, 'usr/sbin')].find((bin) => existsSync(join(bin, 'mariadbd'))),
    initialise: (bin, data) => [
      join(bin, '../bin/mariadb-install-db'),
      ...['--no-defaults', `--basedir=${join(bin, '..')}`, `--datadir=${data}`, '--skip-test-db'],
      '--auth-root-authentication-method=normal',
    ],
    serve: (bin, data, port) => [
      join(bin, 'mariadbd'),
      ...['--no-defaults', `--basedir=${join(bin, '..')}`, `--datadir=${data}`, '--bind-address=127.0.0.1'],
      ...[`--port=${port}`, `--socket=${join(data, 'socket')}`, `--pid-file=${join(data, 'pid')}`],
    ],
  },
];

/** The servers that were started here, each with its directory. */
const started = [];

/** Of the database in which MLflow makes its tables once, on each server; test/interop/sql-server.ts makes it. */
const TEMPLATE = `mlflow2aim_template_${process.pid}`;

/** Resolves with environment variables: what the tests' template is called, and where the servers are that were started. */
export async function startTestDatabases() {
  const variables = { MLFLOW2AIM_TEST_TEMPLATE: TEMPLATE };
  for (const server of SERVERS) {
    if (process.env[server.variable] !== undefined) continue;
    if (process.env.MLFLOW2AIM_TEST_DATABASES !== 'own' && (await answers(server.port))) continue;
    variables[server.variable] = await start(server);
  }
  return variables;
}

export async function stopTestDatabases() {
  await dropTemplates();
  for (const { child, directory } of started.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((settle) => child.once('exit', settle));
      child.kill('SIGINT');
      // MariaDB takes no notice of SIGINT
      const impatient = setTimeout(() => child.kill('SIGTERM'), 500);
      await ended;
      clearTimeout(impatient);
    }
    await rm(directory, { recursive: true, force: true });
  }
}

/** Servers that were not started here would keep the template. */
async function dropTemplates() {
  const [postgresql, mysql] = SERVERS.map(({ variable, uri, port }) => process.env[variable] ?? uri(port));
  const client = new pg.Client(`${postgresql}/postgres`);
  client.on('error', () => undefined);
  const drop = `DROP DATABASE IF EXISTS ${TEMPLATE}`;
  // a server that cannot be reached has failed the tests already
  await client
    .connect()
    .then(() => client.query(drop))
    .catch(() => undefined);
  await client.end().catch(() => undefined);
  const connection = await createConnection(mysql).catch(() => undefined);
  await connection?.query(drop).catch(() => undefined);
  await connection?.end();
}

async function start(server) {
  const { name, variable, program, initialise, serve, uri } = server;
  const root = await programsOf(server).catch((error) => {
    throw new Missing(
      `The interop tests need ${name}, and it could not be had (${error.message}): start one and name it in ${variable}.`,
    );
  });
  const directory = await mkdtemp(join(tmpdir(), 'mlflow2aim-database-'));
  const [data, port] = [join(directory, 'data'), await freePort()];
  const options = optionsOf(root, directory);
  if (options.uid !== undefined) await chown(directory, options.uid, options.gid);
  process.stderr.write(`Starting a ${name} for the tests on port ${port} …\n`);
  const [initialiser, ...its] = initialise(program(root), data);
  await run(initialiser, its, options);
  const [file, ...args] = serve(program(root), data, port);
  const child = spawn(file, args, {
    ...options,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  let said = '';
  child.stderr.on('data', (part) => {
    said = (said + part).slice(-4000);
  });
  started.push({ child, directory });
  for (const until = performance.now() + START_TIMEOUT; !(await answers(port)); await delay(100)) {
    if (child.exitCode !== null || performance.now() > until) throw new Error(`${name} did not start:\n${said}`);
  }
  return uri(port);
}

/** How a server's programs are run: not as root, and with the libraries that were unpacked with them. */
function optionsOf(root, directory) {
  const libraries = join(root, 'usr/lib', `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`);
  return {
    cwd: directory,
    env: root === '/' ? {} : { LD_LIBRARY_PATH: libraries },
    ...(IS_ROOT && { uid: NOBODY, gid: NOBODY }),
  };
}

/** Whether somebody accepts connections on this port of the machine. */
function answers(port) {
  return new Promise((settle) => {
    const socket = connect(port, '127.0.0.1');
    const tell = (answer) => {
      socket.destroy();
      settle(answer);
    };
    socket.once('connect', () => tell(true)).once('error', () => tell(false));
  });
}

function freePort() {
  return new Promise((settle, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => settle(port));
    });
  });
}

/** The directory below which the server's programs lie: `/`, or where they were unpacked. */
async function programsOf({ name, program, packages }) {
  for (const root of ['/', UNPACKED]) if (program(root) !== undefined) return root;
  if (!existsSync('/etc/debian_version')) throw new Error('this system has no packages that the tests know how to use');
  if (IS_ROOT) {
    process.stderr.write(`Installing ${name} …\n`);
    // of a server that the package would start nothing is known; the tests start their own
    const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    await run('apt-get', ['update', '-qq'], { env });
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...(await packages())], { env });
    return '/';
  }
  process.stderr.write(`Unpacking the packages of ${name} into ${UNPACKED} …\n`);
  await unpack(await packages());
  return UNPACKED;
}

/** Unpacks these packages, and those that they depend on as far as this system does not have them. */
async function unpack(packages) {
  const scope = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`);
  const listed = await run('apt-cache', ['depends', '--recurse', ...scope, ...packages]);
  const names = [...new Set(listed.split('\n').filter((line) => /^\w/.test(line)))];
  const wanted = names.filter((name) => !runs('dpkg', ['--status', name]) && !/^(debconf|libllvm)/.test(name));
  const downloads = join(UNPACKED, 'downloads');
  await mkdir(downloads, { recursive: true });
  for (const name of wanted) {
    // alternatives that are not chosen may not be there
    await run('apt-get', ['download', name], { cwd: downloads }).catch((error) => {
      if (packages.includes(name)) throw error;
    });
  }
  for (const file of readdirSync(downloads)) await run('dpkg', ['--extract', join(downloads, file), UNPACKED]);
  await rm(downloads, { recursive: true, force: true });
}

async function newestPostgresql() {
  const depends = await run('apt-cache', ['depends', 'postgresql']);
  const found = /Depends: (postgresql-\d+)/.exec(depends)?.[1];
  if (found === undefined) throw new Error('there is no package postgresql');
  return found;
}

function postgresqlPrograms(root) {
  const versions = join(root, 'usr/lib/postgresql');
  if (!existsSync(versions)) return [];
  const byNumber = readdirSync(versions).sort((a, b) => Number(a) - Number(b));
  return byNumber.map((version) => join(versions, version, 'bin')).filter((bin) => existsSync(join(bin, 'initdb')));
}
