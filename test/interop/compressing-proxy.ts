import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline, type Transform } from 'node:stream';
import { createBrotliCompress, createDeflate, createDeflateRaw, createGzip } from 'node:zlib';

/** A gateway before one server that compresses every answer, in one way after the other, and has moved everything once. */
export interface CompressingProxy {
  readonly url: string;
  /** How many answers it has compressed in which way. */
  readonly answers: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

const CODINGS: readonly [name: string, coding: string, encode: () => Transform][] = [
  ['gzip', 'gzip', createGzip],
  ['br', 'br', createBrotliCompress],
  ['deflate', 'deflate', createDeflate],
  ['deflate without a header', 'deflate', createDeflateRaw],
];

export async function compressingProxy(target: string): Promise<CompressingProxy> {
  const answers = new Map<string, number>();
  let count = 0;

  function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method, url = '/', headers } = incoming;
    if (url.startsWith('/old/')) {
      outgoing.writeHead(307, { location: url.slice('/old'.length), 'content-length': 0 }).end();
      return;
    }
    const onward = request(new URL(target), { method, path: url, headers }, (answer) => {
      const [name, coding, encode] = CODINGS[count++ % CODINGS.length]!;
      answers.set(name, (answers.get(name) ?? 0) + 1);
      const { 'content-length': _, ...rest } = answer.headers;
      outgoing.writeHead(answer.statusCode ?? 502, { ...rest, 'content-encoding': coding });
      pipeline(answer, encode(), outgoing, () => {});
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  }

  const server = createServer(forward);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    stop: () => {
      server.closeAllConnections();
      return new Promise((settle) => server.close(() => settle()));
    },
  };
}
