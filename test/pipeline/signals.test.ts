import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startCli } from '../support/command-line.js';
import { temporaryDirectory } from '../support/temporary.js';

/** A tracking server that takes every request and answers none. */
let server: Server;
let asked: Promise<unknown>;

beforeEach(async () => {
  server = createServer();
  asked = new Promise((resolve) => server.once('request', resolve));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

async function waiting(command: string) {
  const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const started = startCli([command, '--tracking-uri', uri, '--repo', temporaryDirectory()]);
  await asked;
  return started;
}

describe.each([
  ['convert', 'SIGTERM', [143, null]],
  ['convert', 'SIGINT', [130, null]],
  ['sync', 'SIGTERM', [0]],
] as const)('%s that waits for a server which does not answer', (command, signal, codes) => {
  test(`ends within five seconds of one ${signal}`, async () => {
    const { child, ended } = await waiting(command);
    const began = performance.now();
    child.kill(signal);
    expect(codes).toContain((await ended).code);
    expect(performance.now() - began).toBeLessThan(6_000);
  });

  test(`ends at once when ${signal} comes twice`, async () => {
    const { child, ended } = await waiting(command);
    child.kill(signal);
    child.kill(signal);
    const { code } = await ended;
    expect([...codes, signal === 'SIGINT' ? 130 : 143, null]).toContain(code);
  });
});
