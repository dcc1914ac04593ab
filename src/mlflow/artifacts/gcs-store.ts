import type { Bucket } from '@google-cloud/storage';
import { ConvertError } from '../../errors.js';
import { withTimeout } from '../../wait.js';
import { IDLE_TIMEOUT } from './idle-timeout.js';
import type { ObjectStore, StoredObject } from './object-store.js';
import { optionalPackage } from './optional-package.js';

type Environment = Readonly<Record<string, string | undefined>>;

export const GCS_ADVICE =
  'Give credentials as MLflow takes them: GOOGLE_APPLICATION_CREDENTIALS, gcloud auth application-default login, or a service account.';

/** Opens a bucket with Google's application default credentials; STORAGE_EMULATOR_HOST names a stand-in, as for MLflow. */
export async function openGcs(name: string, env: Environment): Promise<ObjectStore> {
  const { Storage } = await optionalPackage('@google-cloud/storage', 'Files at gs: locations', () => {
    return import('@google-cloud/storage');
  });
  const emulator = env.STORAGE_EMULATOR_HOST;
  const storage = new Storage({
    retryOptions: { maxRetries: 5, maxRetryDelay: 10 },
    timeout: IDLE_TIMEOUT,
    ...(emulator && { apiEndpoint: emulator, projectId: 'emulated' }),
  });
  // this client takes the variable for the whole base of its URLs, MLflow's for the host
  if (emulator) storage.baseUrl = `${storage.apiEndpoint}/storage/v1`;
  const bucket = storage.bucket(name);
  const { GcsDownloads } = await import('./gcs-downloads.js');
  const downloads = new GcsDownloads(storage.apiEndpoint, name, async (url) => {
    return emulator ? {} : Object.fromEntries(new Headers(await storage.authClient.getRequestHeaders(url)));
  });
  return {
    list: (prefix, signal) => pages(bucket, prefix, signal),
    read: (key, from, version, signal) => downloads.read(key, from, version, signal),
    close: () => downloads.close(),
  };
}

async function* pages(bucket: Bucket, prefix: string, signal: AbortSignal): AsyncGenerator<StoredObject[], void, void> {
  const seen = new Set<string>();
  let pageToken: string | undefined;
  do {
    const [page, next] = await withTimeout(onePage(bucket, prefix, pageToken), 5 * IDLE_TIMEOUT, signal);
    yield page;
    if (next !== undefined && seen.has(next)) {
      throw new ConvertError(
        'skip-item',
        'bad-response',
        `The listing of gs://${bucket.name}/${prefix} does not come to an end.`,
      );
    }
    if (next !== undefined) seen.add(next);
    pageToken = next;
  } while (pageToken !== undefined);
}

async function onePage(
  bucket: Bucket,
  prefix: string,
  pageToken: string | undefined,
): Promise<[StoredObject[], string | undefined]> {
  const query = { prefix, autoPaginate: false };
  const [files, following] = await bucket.getFiles({ ...query, ...(pageToken !== undefined && { pageToken }) });
  const page = files.map(({ name, metadata: { size = 0, generation } }) => {
    return { key: name, size: Number(size), ...(generation !== undefined && { version: String(generation) }) };
  });
  const next = (following as { pageToken?: string } | null | undefined)?.pageToken;
  return [page, next];
}
