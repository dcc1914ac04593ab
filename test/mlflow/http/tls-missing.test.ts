import { createServer as createTls } from 'node:https';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { clientOf, failureOf, serverWith } from '../rest/client-of.js';

const pem = (label: string, base64: string): string => `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`;

/** A key and a certificate for nobody but these tests. */
const KEY = pem(
  'PRIVATE KEY',
  'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg8Lb2y0jfOHotm/ALELqPMs3HKN8Pby/+/yR9IE4Hgu6hRANCAATd' +
    'iI0DlpSAwEWU7U2g95knJzmpSdnHxKGYjqGZFdIzwUmKceH5Y7k3ccFQR2IVdktdCv/KtfPeZx5O4d8N/slF',
);
const CERTIFICATE = pem(
  'CERTIFICATE',
  'MIIBfzCCASWgAwIBAgIUC6xdVbpkkeMLxVDguNI8hxTDOM4wCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2' +
    'MTEyOTEwMjAyOVoYDzIxMjYxMTA1MTAyMDI5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC' +
    'AATdiI0DlpSAwEWU7U2g95knJzmpSdnHxKGYjqGZFdIzwUmKceH5Y7k3ccFQR2IVdktdCv/KtfPeZx5O4d8N/slFo1MwUTAdBgNV' +
    'HQ4EFgQUrDzV6Xx3zTa6yUMYw6VKtX7vZbMwHwYDVR0jBBgwFoAUrDzV6Xx3zTa6yUMYw6VKtX7vZbMwDwYDVR0TAQH/BAUwAwEB' +
    '/zAKBggqhkjOPQQDAgNIADBFAiEAul9n1Mm+DwKvC20HFIgyReVMQhiY2nHEaw/aMcm5QQICIEF0OiRZnfbl8GtdbEUvJ8cQoBB5' +
    'osPe0+k40dNCN25z',
);

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const tlsServer = () => listening(createTls({ key: KEY, cert: CERTIFICATE }, (_, response) => response.end('{}')));

/** As nginx does it: who speaks no TLS gets a response of HTTP. */
async function politeServer(): Promise<number> {
  const behind = await tlsServer();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (first) => {
      if (first[0] !== 0x16) {
        socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>');
        return;
      }
      const through = connect(behind, '127.0.0.1');
      through.on('error', () => {}).write(first);
      socket.pipe(through).pipe(socket);
    });
  });
  return listening(server);
}

const ASKED = { path: '/api/2.0/mlflow/experiments/search', what: 'the experiments' };
const never = (): AbortSignal => new AbortController().signal;

describe('http to a server that uses TLS', () => {
  test.each([
    ['that closes the connection', tlsServer],
    ['that answers 400', politeServer],
  ])('%s asks for https, at the first attempt', async (_, start) => {
    const port = await start();
    let retries = 0;
    const client = clientOf(`http://127.0.0.1:${port}/prefix/`, {}, { retrying: () => void retries++ });
    expect(await failureOf(client.json(ASKED, never()))).toMatchObject({
      kind: 'fatal',
      code: 'tls-failed',
      sentence: `The server at 127.0.0.1:${port} uses TLS, and was asked by http. Perhaps https://127.0.0.1:${port}/prefix?`,
    });
    expect(retries).toBe(0);
  });

  test('is not what a reset or a 400 of a server without TLS means', async () => {
    const reset = await serverWith((_, response, count) => count === 1 && response.destroy() !== undefined);
    expect(await clientOf(reset.uri).json(ASKED, never())).toBeTruthy();
    const refusing = await serverWith((_, response) => response.writeHead(400).end('no') !== undefined);
    expect(await failureOf(clientOf(refusing.uri).json(ASKED, never()))).toMatchObject({ code: 'server-error' });
  });
});
