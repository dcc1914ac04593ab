import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { HttpClient } from '../../src/mlflow/http/http-client.js';
import { scratch } from './harness.js';
import { python } from './python.js';

let directory: string;
let stop = (): void => {};
let uri: string;

/** A server that shows a certificate of its own authority, and wants one of it from its clients. */
beforeAll(async () => {
  directory = await scratch();
  await python(['make_certificates.py', directory]);
  const [ca, own] = ['ca.pem', 'server.pem'].map((name) => readFileSync(join(directory, name)));
  const server = createServer({ ca: ca!, cert: own!, key: own!, requestCert: true, rejectUnauthorized: true });
  server.on('request', (_, response) => void response.end('{"reached": true}'));
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  uri = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stop = () => {
    server.closeAllConnections();
    server.close();
  };
});
afterAll(() => stop());

async function ask(env: Record<string, string>): Promise<unknown> {
  const quick = { MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0', HOME: directory };
  const client = new HttpClient(uri, { concurrency: 1 }, { ...quick, ...env });
  try {
    return await client.json({ path: '/', what: 'an answer', failFast: true }, new AbortController().signal);
  } finally {
    await client.close();
  }
}

const file = (name: string): string => join(directory, name);

test('a server of an own authority is reached with its certificate, and one for the client', async () => {
  const client = file('client.pem');
  const reached = { reached: true };
  expect(
    await ask({ MLFLOW_TRACKING_SERVER_CERT_PATH: file('ca.pem'), MLFLOW_TRACKING_CLIENT_CERT_PATH: client }),
  ).toEqual(reached);
  expect(await ask({ MLFLOW_TRACKING_SERVER_CERT_PATH: directory, MLFLOW_TRACKING_CLIENT_CERT_PATH: client })).toEqual(
    reached,
  );
  expect(await ask({ MLFLOW_TRACKING_INSECURE_TLS: 'true', MLFLOW_TRACKING_CLIENT_CERT_PATH: client })).toEqual(
    reached,
  );
});

test('without the authority there is a fatal error that says what to set', async () => {
  const error: unknown = await ask({ MLFLOW_TRACKING_CLIENT_CERT_PATH: file('client.pem') }).catch(
    (cause: unknown) => cause,
  );
  expect(error).toMatchObject({ kind: 'fatal', hint: expect.stringContaining('MLFLOW_TRACKING_SERVER_CERT_PATH') });
});

test('a file that is not there, and settings that exclude each other, are fatal', async () => {
  await expect(ask({ MLFLOW_TRACKING_SERVER_CERT_PATH: file('none.pem') })).rejects.toMatchObject({ kind: 'fatal' });
  const both = { MLFLOW_TRACKING_SERVER_CERT_PATH: file('ca.pem'), MLFLOW_TRACKING_INSECURE_TLS: 'true' };
  await expect(ask(both)).rejects.toMatchObject({ kind: 'fatal' });
});
