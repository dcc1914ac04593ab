import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { differences, expectedRuns, type RunRecord, readAim, some } from './compare.js';
import { type CuttingProxy, cuttingProxy } from './cutting-proxy.js';
import { mlflow2aim, outcomes, type Report, scratch } from './harness.js';
import { python } from './python.js';
import { type StandIn, startAzure, startGcs, startS3 } from './stand-ins.js';

const ACCOUNT = 'testing';
const KEY = randomBytes(64).toString('base64');

const standIns: StandIn[] = [];
const proxies: Record<'s3' | 'azure' | 'gcs', CuttingProxy> = {} as never;

beforeAll(async () => {
  const [s3, azure, gcs] = await Promise.all([startS3(), startAzure(ACCOUNT, KEY), startGcs()]);
  standIns.push(s3, azure, gcs);
  proxies.s3 = await cuttingProxy(s3.url);
  proxies.azure = await cuttingProxy(azure.url);
  proxies.gcs = await cuttingProxy(gcs.url);
  const blobs = `BlobEndpoint=${proxies.azure.url}/${ACCOUNT}`;
  Object.assign(process.env, {
    MLFLOW_S3_ENDPOINT_URL: proxies.s3.url,
    AWS_ACCESS_KEY_ID: 'testing',
    AWS_SECRET_ACCESS_KEY: 'do-not-tell',
    AZURE_STORAGE_CONNECTION_STRING: `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};${blobs};`,
    STORAGE_EMULATOR_HOST: proxies.gcs.url,
  });
});
afterAll(async () => {
  await Promise.all([...Object.values(proxies).map((proxy) => proxy.close()), ...standIns.map((each) => each.stop())]);
});

/** `mlflow2aim convert` in the environment that leads to the stand-ins, which must end with `code`; gives its report and all that it said. */
async function convert(
  store: string,
  repo: string,
  flags: readonly string[] = [],
  { env = process.env, code: wanted = 0 }: { env?: NodeJS.ProcessEnv; code?: number } = {},
) {
  const file = join(await scratch(), 'report.json');
  const args = ['convert', '--tracking_uri', store, '--repo', repo, '--report', file, ...flags];
  const { code, stdout, stderr } = await mlflow2aim(args, { env });
  expect(`${code} ${code === wanted ? '' : stderr + stdout}`).toBe(`${wanted} `);
  return { ...(JSON.parse(await readFile(file, 'utf8')) as Report), said: stdout + stderr };
}

/** A store whose artifacts are remote, and a copy of it in which they are local. */
interface Stores {
  readonly store: string;
  readonly copy: string;
  /** Run id → artifact URI. */
  readonly uris: Readonly<Record<string, string>>;
}

const made = new Map<string, Promise<Stores>>();

function stores(root: string): Promise<Stores> {
  const before = made.get(root) ?? logRemotely(root);
  made.set(root, before);
  return before;
}

async function logRemotely(root: string): Promise<Stores> {
  const directory = await scratch();
  const [store, copy] = [join(directory, 'mlruns'), join(directory, 'local')];
  return { store, copy, uris: JSON.parse(await python(['log_remote_artifacts.py', store, copy, root])) };
}

/** What MLflow says of the copy, told of the original: the two differ only in where they and their files lie. */
async function expected({ store, copy, uris }: Stores): Promise<Map<string, RunRecord>> {
  const runs = new Map<string, RunRecord>();
  for (const [hash, run] of await expectedRuns(copy)) {
    const uri = uris[hash] ?? '';
    const directory = new RegExp(`(${pathToFileURL(copy).href}|${copy})/\\d+/${hash}/artifacts`, 'g');
    runs.set(hash, JSON.parse(JSON.stringify(run).replace(directory, uri).replaceAll(copy, store)));
  }
  return runs;
}

const AZURE_ROOT = `wasbs://container@${ACCOUNT}.blob.core.windows.net/mlflow/remote`;
const ROOTS = [
  ['s3', 's3://bucket/mlflow/remote'],
  ['azure', AZURE_ROOT],
  ['gcs', 'gs://bucket/mlflow/remote'],
] as const;

test.each(ROOTS)('what MLflow has logged to %s arrives, also when downloads are cut', async (cloud, root) => {
  const both = await stores(root);
  const repo = await scratch();
  proxies[cloud].cut(300_000, 2);
  const report = await convert(both.store, repo);
  expect(proxies[cloud].cuts()).toBe(4); // the large file of each of the two runs, twice
  expect(outcomes(report)).toEqual({ new: 3 });
  expectOnlyLinks(report);
  expect(some(differences(await expected(both), (await readAim(repo)).runs))).toBe('');
  expect(outcomes(await convert(both.store, repo))).toEqual({ unchanged: 3 });
});

/** Every run's only loss is the file that Aim has no place for. */
function expectOnlyLinks({ runs }: Report): void {
  const losses = runs.flatMap(({ notices }) => notices);
  expect(losses.filter(({ kind }) => kind !== 'text-replaced')).toEqual([
    expect.objectContaining({ kind: 'artifact-skipped', path: 'model/weights.bin', reason: 'no-kind' }),
    expect.objectContaining({ kind: 'artifact-skipped', path: 'model/weights.bin', reason: 'no-kind' }),
  ]);
}

test('Data Lake locations are read as blobs of the same account', async () => {
  const both = await stores(AZURE_ROOT);
  const directory = await scratch();
  const abfss = (text: string) =>
    text.replaceAll(`wasbs://container@${ACCOUNT}.blob.`, `abfss://container@${ACCOUNT}.dfs.`);
  const store = join(directory, 'mlruns');
  await python(['copy_store.py', both.store, store, AZURE_ROOT, abfss(AZURE_ROOT)]);
  const uris = Object.fromEntries(Object.entries(both.uris).map(([run, uri]) => [run, abfss(uri)]));
  const repo = await scratch();
  await convert(store, repo);
  expect(some(differences(await expected({ ...both, store, uris }), (await readAim(repo)).runs))).toBe('');
});

test('what a server has proxied to a bucket is read from there, once its destination is known', async () => {
  const both = await stores('s3://bucket/mlflow/remote');
  const store = join(await scratch(), 'mlruns');
  await python(['copy_store.py', both.store, store, 's3://bucket/mlflow', 'mlflow-artifacts:']);
  const repo = await scratch();
  const report = await convert(store, repo, [], { code: 3 });
  expect(report.runs.flatMap(({ notices }) => notices.map(({ kind }) => kind))).toEqual(
    Array(3).fill('artifacts-unreachable'),
  );
  const second = await convert(store, repo, ['--artifacts-destination', 's3://bucket/mlflow']);
  expect(outcomes(second)).toEqual({ updated: 3 }); // the one without files loses its warning
  expect(second.runs.reduce((sum, { counts }) => sum + counts.artifacts.text, 0)).toBeGreaterThan(20);
});

test('no credential is told, whatever goes wrong', async () => {
  const { store } = await stores('s3://bucket/mlflow/remote');
  const env = { ...process.env, MLFLOW_S3_ENDPOINT_URL: 'http://127.0.0.1:1', MLFLOW2AIM_DEBUG: '1' };
  const report = await convert(store, await scratch(), ['--log-format', 'json'], { env, code: 3 });
  expect(report.runs.flatMap(({ notices }) => notices)).toEqual(
    Array(3).fill(expect.objectContaining({ detail: expect.stringContaining('could not be reached (ECONNREFUSED)') })),
  );
  expect(JSON.stringify(report)).not.toMatch(/do-not-tell|Signature/);
});
