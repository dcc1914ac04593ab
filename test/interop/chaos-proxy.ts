import { createServer, type IncomingMessage, type Server, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What befalls a request, and how many of a thousand it befalls. */
const TROUBLE = { tooMany: 50, serverError: 50, reset: 20, truncated: 10, stall: 5 } as const;
type Trouble = keyof typeof TROUBLE;

/** A proxy that troubles a server's answers: with 429 and Retry-After, 5xx, resets in mid-body, truncated JSON, stalls. */
export interface ChaosProxy {
  readonly url: string;
  /** How often each trouble has come. */
  readonly troubles: ReadonlyMap<Trouble, number>;
  readonly requests: () => number;
  readonly stop: () => Promise<void>;
}

/** @param seed the same seed brings the same sequence of troubles */
export async function chaosProxy(target: string, seed = 1): Promise<ChaosProxy> {
  const troubles = new Map<Trouble, number>();
  let requests = 0;
  const random = generator(seed);
  const server = createServer((request, response) => {
    requests++;
    const trouble = draw(random());
    if (trouble !== undefined) troubles.set(trouble, (troubles.get(trouble) ?? 0) + 1);
    void handle(target, request, response, trouble);
  });
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, troubles, requests: () => requests, stop: () => stop(server) };
}

function draw(number: number): Trouble | undefined {
  let bound = 0;
  for (const [trouble, share] of Object.entries(TROUBLE)) {
    bound += share / 1000;
    if (number < bound) return trouble as Trouble;
  }
  return undefined;
}

async function handle(
  target: string,
  request: IncomingMessage,
  response: ServerResponse,
  trouble?: Trouble,
): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  if (trouble === 'tooMany') response.writeHead(429, { 'retry-after': '1' }).end('too many requests');
  else if (trouble === 'serverError') response.writeHead(503).end('<html>503</html>');
  else if (trouble !== 'stall') pass(target, request, Buffer.concat(parts), response, trouble);
  // a stalled answer never comes: the client has to give up waiting
}

function pass(
  target: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  trouble?: Trouble,
): void {
  const { host: _, ...headers } = request.headers;
  const onward = send(new URL(request.url ?? '/', target), { method: request.method, headers }, (answer) => {
    const parts: Buffer[] = [];
    answer.on('data', (part: Buffer) => parts.push(part));
    answer.on('end', () => {
      const whole = Buffer.concat(parts);
      const half = whole.subarray(0, whole.length >> 1);
      const { 'transfer-encoding': __, ...kept } = answer.headers;
      const isJson = answer.headers['content-type']?.includes('json') ?? false;
      const cut = trouble === 'truncated' && isJson;
      response.writeHead(answer.statusCode ?? 500, { ...kept, 'content-length': cut ? half.length : whole.length });
      if (trouble === 'reset') response.write(half, () => response.destroy());
      else response.end(cut ? half : whole);
    });
  });
  onward.on('error', () => response.destroy());
  onward.end(body);
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((settle) => server.close(() => settle()));
}

/** mulberry32 */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
