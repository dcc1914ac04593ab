import type { ServerResponse } from 'node:http';
import { afterEach } from '@jest/globals';
import type { ConvertError } from '../../../src/errors.js';
import { HttpClient, type HttpClientOptions } from '../../../src/mlflow/http/http-client.js';
import { type FakeContent, FakeServer, type Interception } from './fake-server.js';

/** No waiting between attempts, and no credentials of whoever runs the tests. */
const QUICK = {
  MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR: '0.001',
  MLFLOW_HTTP_REQUEST_BACKOFF_JITTER: '0',
  HOME: '/nowhere',
};

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A server, empty by default, that ends with the test. */
export async function serverWith(
  intercept: Interception = () => false,
  content: Partial<FakeContent> = {},
): Promise<FakeServer> {
  const fake = await FakeServer.start({ experiments: [], runs: [], ...content });
  fake.intercept = intercept;
  open.push(() => fake.stop());
  return fake;
}

/** A client that ends with the test. */
export function clientOf(
  uri: string,
  env: Readonly<Record<string, string>> = {},
  options: Partial<HttpClientOptions> = {},
): HttpClient {
  const client = new HttpClient(uri, { concurrency: 2, ...options }, { ...QUICK, ...env });
  open.push(() => client.close());
  return client;
}

/** What a promise rejects with; an error when it does not. */
export async function failureOf(work: Promise<unknown>): Promise<ConvertError> {
  return work.then(
    () => {
      throw new Error('It should have failed.');
    },
    (error: unknown) => error as ConvertError,
  );
}

/** Answers, and says that it did. */
export function answer(
  response: ServerResponse,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): true {
  response.writeHead(status, { 'content-length': String(Buffer.byteLength(body)), ...headers }).end(body);
  return true;
}
