import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PROJECT } from './harness.js';
import { PYTHON } from './python.js';

/** A server process that stands in for one of the clouds. */
export interface StandIn {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  stop(): Promise<void>;
}

/** S3: moto. Lists in pages of some few keys. */
export function startS3(): Promise<StandIn> {
  const env = { MOTO_S3_DEFAULT_MAX_KEYS: '7' };
  return standIn(PYTHON, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', '0'], /Running on (http:\S+\d)/, env);
}

/** Azure's blobs: Azurite, with one account. */
export function startAzure(account: string, key: string): Promise<StandIn> {
  const main = join(PROJECT, '.cache/interop/azurite/node_modules/azurite/dist/src/blob/main.js');
  const flags = ['--blobHost', '127.0.0.1', '--blobPort', '0', '--inMemoryPersistence', '--skipApiVersionCheck'];
  return standIn(process.execPath, [main, ...flags, '--disableTelemetry'], /listens on (http:\S+\d)/, {
    AZURITE_ACCOUNTS: `${account}:${key}`,
  });
}

/** Google Cloud Storage: gcp-storage-emulator. */
export function startGcs(): Promise<StandIn> {
  return standIn(PYTHON, [join(PROJECT, 'test/interop/python/gcs_emulator.py')], /^(\d+)$/);
}

async function standIn(
  program: string,
  args: readonly string[],
  ready: RegExp,
  env: Readonly<Record<string, string>> = {},
): Promise<StandIn> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const ended = new Promise<void>((done) => child.on('close', () => done()));
  const said: string[] = [];
  const address = await new Promise<string>((found, failed) => {
    const listen = (line: string) => {
      if (said.length < 200) said.push(line);
      const match = ready.exec(line)?.[1];
      if (match !== undefined) found(match);
    };
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', listen);
    child.on('error', failed);
    void ended.then(() => failed(new Error(`${program} ${args.join(' ')} ended: ${said.join('\n')}`)));
  });
  return { url: address.startsWith('http') ? address : `http://127.0.0.1:${address}`, stop: () => stop(child, ended) };
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.stdin?.end();
  child.kill();
  await ended;
}
