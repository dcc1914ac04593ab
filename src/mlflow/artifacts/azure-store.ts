import { Readable } from 'node:stream';
import type { BlobServiceClient, ContainerClient, StoragePipelineOptions } from '@azure/storage-blob';
import { ConvertError } from '../../errors.js';
import { withTimeout } from '../../wait.js';
import type { AzureLocation } from '../locations/azure-location.js';
import { rangeOf } from './content-range.js';
import { IDLE_TIMEOUT } from './idle-timeout.js';
import type { ObjectPart, ObjectStore, StoredObject } from './object-store.js';
import { optionalPackage } from './optional-package.js';

type Environment = Readonly<Record<string, string | undefined>>;
type Sdk = typeof import('@azure/storage-blob');

export const AZURE_ADVICE =
  'Give credentials as MLflow takes them: AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_ACCESS_KEY, or what DefaultAzureCredential finds.';

/** The client's own defaults would wait half a minute for a server that is not there. */
const PIPELINE: StoragePipelineOptions = {
  retryOptions: { maxTries: 5, retryDelayInMs: 300, maxRetryDelayInMs: 10_000, tryTimeoutInMs: IDLE_TIMEOUT },
};

/** Opens a container of Azure's blob storage with the first credentials found in the environment. */
export async function openAzure(location: AzureLocation, env: Environment): Promise<ObjectStore> {
  const what = `Files at ${location.base.split(':', 1)[0]}: locations`;
  const sdk = await optionalPackage('@azure/storage-blob', what, () => import('@azure/storage-blob'));
  const service = await serviceClient(sdk, location, what, env);
  const container = service.getContainerClient(location.container);
  return {
    list: (prefix, signal) => pages(container, prefix, signal),
    read: (key, from, version, signal) => part(container, key, from, version, signal),
    close: () => {},
  };
}

/**
 * Chooses as MLflow does: for wasbs the connection string, whatever account it names, then the access key, then
 * DefaultAzureCredential; for abfss a SAS token, then DefaultAzureCredential. Before the latter, unlike MLflow, tries a
 * connection string of the same account.
 */
async function serviceClient(
  sdk: Sdk,
  { kind, account, url }: AzureLocation,
  what: string,
  env: Environment,
): Promise<BlobServiceClient> {
  const { AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_ACCESS_KEY, AZURE_STORAGE_SAS_TOKEN } = env;
  if (kind === 'abfss' && AZURE_STORAGE_SAS_TOKEN) {
    return new sdk.BlobServiceClient(`${url}?${AZURE_STORAGE_SAS_TOKEN.replace(/^\?/, '')}`, undefined, PIPELINE);
  }
  try {
    if (AZURE_STORAGE_CONNECTION_STRING) {
      const service = sdk.BlobServiceClient.fromConnectionString(AZURE_STORAGE_CONNECTION_STRING, PIPELINE);
      if (kind === 'wasbs' || service.accountName === account) return service;
    }
    if (kind === 'wasbs' && AZURE_STORAGE_ACCESS_KEY) {
      const key = new sdk.StorageSharedKeyCredential(account, AZURE_STORAGE_ACCESS_KEY);
      return new sdk.BlobServiceClient(url, key, PIPELINE);
    }
  } catch {
    // the client's message may quote what it could not read
    throw new ConvertError('skip-item', 'auth-failed', 'The credentials in AZURE_STORAGE_… cannot be understood.', {
      hint: AZURE_ADVICE,
    });
  }
  const identity = await optionalPackage('@azure/identity', `${what} without a key or connection string`, () => {
    return import('@azure/identity');
  });
  return new sdk.BlobServiceClient(url, new identity.DefaultAzureCredential(), PIPELINE);
}

async function* pages(
  container: ContainerClient,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<StoredObject[], void, void> {
  const blobs = container.listBlobsFlat({ prefix, includeMetadata: true, abortSignal: signal }).byPage();
  for (;;) {
    const next = await withTimeout(blobs.next(), 5 * IDLE_TIMEOUT, signal);
    if (next.done) return;
    yield next.value.segment.blobItems
      .filter(({ metadata }) => !isFolder(metadata))
      .map(({ name, properties: { contentLength = 0, etag } }) => {
        return { key: name, size: contentLength, ...(etag !== undefined && { version: etag }) };
      });
  }
}

/** Data Lake accounts list their directories among the blobs, with this mark. */
function isFolder(metadata: Readonly<Record<string, string>> | undefined): boolean {
  const mark = Object.entries(metadata ?? {}).find(([name]) => name.toLowerCase() === 'hdi_isfolder');
  return mark?.[1].toLowerCase() === 'true';
}

async function part(
  container: ContainerClient,
  key: string,
  from: number,
  version: string | undefined,
  signal: AbortSignal,
): Promise<ObjectPart> {
  const answer = await container.getBlobClient(key).download(from, undefined, {
    abortSignal: signal,
    maxRetryRequests: 0, // cuts are mended in one place for all stores
    ...(version !== undefined && { conditions: { ifMatch: version } }),
  });
  const body = answer.readableStreamBody;
  if (!(body instanceof Readable))
    throw new ConvertError('skip-item', 'bad-response', 'The Azure client gave no stream.');
  return {
    ...rangeOf(answer.contentRange, answer.contentLength),
    ...(answer.etag !== undefined && { version: answer.etag }),
    body,
  };
}
