import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP proxy before one server that cuts answers in the middle. */
export interface CuttingProxy {
  readonly url: string;
  /** How many answers it has cut. */
  cuts(): number;
  /** For each answer longer than this, the first `times` requests for its path are cut after so many bytes. */
  cut(after: number, times: number): void;
  close(): Promise<void>;
}

export async function cuttingProxy(target: string): Promise<CuttingProxy> {
  const tries = new Map<string, number>();
  let [after, times, cuts] = [Number.POSITIVE_INFINITY, 0, 0];

  function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method, url = '/', headers } = incoming;
    const onward = request(new URL(target), { method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      const tried = tries.get(url) ?? 0;
      if (method !== 'GET' || tried >= times || Number(answer.headers['content-length'] ?? 0) <= after) {
        answer.pipe(outgoing);
        return;
      }
      tries.set(url, tried + 1);
      cuts += 1;
      cutOff(answer, outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  }

  function cutOff(answer: IncomingMessage, outgoing: ServerResponse): void {
    let left = after;
    answer.on('data', (chunk: Buffer) => {
      const part = chunk.subarray(0, left);
      left -= part.length;
      if (left > 0) outgoing.write(part);
      else {
        answer.destroy();
        outgoing.write(part, () => outgoing.socket?.destroy());
      }
    });
  }

  const server = createServer(forward);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    cut: (bytes, often) => {
      [after, times, cuts] = [bytes, often, 0];
      tries.clear();
    },
    close: () => closed(server),
  };
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
}
