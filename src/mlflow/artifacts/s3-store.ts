import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { GetObjectCommandOutput, ListObjectsV2CommandOutput, S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { ConvertError, toConvertError } from '../../errors.js';
import { withTimeout } from '../../wait.js';
import type { S3Location } from '../locations/s3-location.js';
import { rangeOf } from './content-range.js';
import { IDLE_TIMEOUT } from './idle-timeout.js';
import type { ObjectPart, ObjectStore, StoredObject } from './object-store.js';
import { optionalPackage } from './optional-package.js';

type Environment = Readonly<Record<string, string | undefined>>;

export const S3_ADVICE =
  'Give credentials as MLflow takes them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile (AWS_PROFILE), or a role.';

/**
 * Opens a bucket under the environment variables that MLflow and boto3 read: MLFLOW_S3_ENDPOINT_URL, AWS_ENDPOINT_URL(_S3),
 * MLFLOW_S3_IGNORE_TLS, AWS_CA_BUNDLE, MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE, MLFLOW_S3_EXPECTED_BUCKET_OWNER,
 * MLFLOW_EXPERIMENTAL_S3_SIGNATURE_VERSION=unsigned (public buckets), AWS_DEFAULT_REGION, and the usual chain of credentials.
 *
 * @param sockets connections open at once
 */
export async function openS3(location: S3Location, sockets: number, env: Environment): Promise<ObjectStore> {
  // users of this program cannot act on what the client announces about its own future
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const sdk = await optionalPackage(
    '@aws-sdk/client-s3',
    `Files at ${location.base.split(':', 1)[0]}: locations`,
    () => {
      return import('@aws-sdk/client-s3');
    },
  );
  const settings = s3Settings(location, sockets, env);
  const region = location.region ?? (await regionOf(new sdk.S3Client(settings), env));
  const client = new sdk.S3Client({ ...settings, region });
  const owner = env.MLFLOW_S3_EXPECTED_BUCKET_OWNER;
  const bucket = { Bucket: location.bucket, ...(owner && { ExpectedBucketOwner: owner }) };
  return {
    list: (prefix, signal) => {
      const page = (ContinuationToken: string | undefined) => {
        // keys may hold what XML cannot
        const input = { ...bucket, Prefix: prefix, EncodingType: 'url' as const, ContinuationToken };
        const request = client.send(new sdk.ListObjectsV2Command(input), { abortSignal: signal });
        return withTimeout(request, PAGE_SILENCE, signal);
      };
      return pages(page, `${location.base}${prefix}`);
    },
    read: async (key, from, version, signal) => {
      const range = {
        ...(from > 0 && { Range: `bytes=${from}-` }),
        ...(version !== undefined && { IfMatch: version }),
      };
      const command = new sdk.GetObjectCommand({ ...bucket, Key: key, ...range });
      return partOf(await client.send(command, { abortSignal: signal }));
    },
    close: () => client.destroy(),
  };
}

/** The client itself retries a page several times. */
const PAGE_SILENCE = 3 * IDLE_TIMEOUT;

function s3Settings({ endpoint, addressing }: S3Location, sockets: number, env: Environment): S3ClientConfig {
  const ownEndpoint = endpoint ?? env.MLFLOW_S3_ENDPOINT_URL;
  const isElsewhere = ownEndpoint !== undefined || Boolean(env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL);
  const style = addressing ?? env.MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE ?? 'auto';
  const agent = { keepAlive: true, maxSockets: sockets };
  return {
    ...(ownEndpoint !== undefined && ownEndpoint !== '' && { endpoint: ownEndpoint }),
    forcePathStyle: style === 'path' || (style !== 'virtual' && isElsewhere),
    followRegionRedirects: !isElsewhere,
    // bodies are passed on as the socket delivers them: the stream that verifies checksums does not report a cut
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(env.AWS_MAX_ATTEMPTS === undefined && { maxAttempts: 5 }),
    ...(env.MLFLOW_EXPERIMENTAL_S3_SIGNATURE_VERSION?.toLowerCase() === 'unsigned' && UNSIGNED),
    requestHandler: {
      connectionTimeout: 10_000,
      socketTimeout: IDLE_TIMEOUT,
      httpAgent: agent,
      httpsAgent: { ...agent, ...tls(env) },
    },
  };
}

const UNSIGNED: S3ClientConfig = {
  credentials: { accessKeyId: '', secretAccessKey: '' },
  signer: { sign: async (request) => request },
};

function tls(env: Environment): { rejectUnauthorized?: false; ca?: Buffer } {
  if (/^(true|1)$/i.test(env.MLFLOW_S3_IGNORE_TLS ?? '')) return { rejectUnauthorized: false };
  const bundle = env.AWS_CA_BUNDLE;
  if (!bundle) return {};
  try {
    return { ca: readFileSync(bundle) };
  } catch (cause) {
    throw toConvertError(cause, 'skip-item', bundle);
  }
}

/** AWS_REGION, boto3's AWS_DEFAULT_REGION, that of the profile, or boto3's default. */
async function regionOf(client: S3Client, env: Environment): Promise<string> {
  try {
    return env.AWS_REGION || env.AWS_DEFAULT_REGION || (await client.config.region());
  } catch {
    return 'us-east-1';
  } finally {
    client.destroy();
  }
}

async function* pages(
  page: (token: string | undefined) => Promise<ListObjectsV2CommandOutput>,
  uri: string,
): AsyncGenerator<StoredObject[], void, void> {
  let token: string | undefined;
  for (;;) {
    const { Contents = [], EncodingType, IsTruncated = false, NextContinuationToken } = await page(token);
    const decode = EncodingType === 'url' ? unquotePlus : (text: string) => text;
    yield Contents.map(({ Key = '', Size = 0, ETag }) => {
      return { key: decode(Key), size: Size, ...(ETag !== undefined && { version: ETag }) };
    });
    if (!IsTruncated) return;
    if (NextContinuationToken === undefined || NextContinuationToken === token) {
      throw new ConvertError(
        'skip-item',
        'bad-response',
        `The listing of ${uri} does not come to an end: the store repeats itself.`,
      );
    }
    token = NextContinuationToken;
  }
}

function unquotePlus(text: string): string {
  return decodeURIComponent(text.replaceAll('+', '%20'));
}

function partOf({ Body, ContentRange, ContentLength, ETag }: GetObjectCommandOutput): ObjectPart {
  if (!(Body instanceof Readable)) throw new ConvertError('skip-item', 'bad-response', 'The S3 client gave no stream.');
  return { ...rangeOf(ContentRange, ContentLength), ...(ETag !== undefined && { version: ETag }), body: Body };
}
