import { createServer, type Server, type ServerResponse } from 'node:http';
import { ConvertError, errorCode } from '../errors.js';
import type { ConvertEvents } from '../events.js';
import { WatchHealth } from './watch-health.js';
import { WatchMetrics } from './watch-metrics.js';

/** Serves `/healthz` and `/metrics` of a watch. */
export class MetricsServer {
  private constructor(
    private readonly server: Server,
    /** `http://127.0.0.1:9464`, with the port that the system chose where that was 0. */
    readonly url: string,
  ) {}

  /** Rejects with a `fatal` error when the address cannot be had. */
  static async listen({ host, port }: { host: string; port: number }, events: ConvertEvents): Promise<MetricsServer> {
    const health = new WatchHealth(events);
    const metrics = new WatchMetrics(events, health);
    const server = createServer((request, response) => {
      answer(request.method, request.url, response, metrics, health).catch(() => response.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => reject(cannotListen(host, port, cause)));
      server.listen(port, host, resolve);
    });
    // A connection that breaks concerns nobody but who made it.
    server.on('error', () => {});
    server.unref();
    const address = server.address();
    const actual = typeof address === 'object' && address !== null ? address.port : port;
    return new MetricsServer(server, `http://${host.includes(':') ? `[${host}]` : host}:${actual}`);
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

async function answer(
  method: string | undefined,
  url: string | undefined,
  response: ServerResponse,
  metrics: WatchMetrics,
  { health }: WatchHealth,
): Promise<void> {
  const path = url?.split('?', 1)[0];
  if (method !== 'GET' && method !== 'HEAD') return send(response, 405, 'text/plain', 'Only GET is answered.\n');
  if (path === '/healthz') {
    return send(response, health.status === 'stalled' ? 503 : 200, 'application/json', `${JSON.stringify(health)}\n`);
  }
  if (path === '/metrics') return send(response, 200, metrics.contentType, await metrics.text());
  return send(response, 404, 'text/plain', 'There are /healthz and /metrics.\n');
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' });
  response.end(body);
}

function cannotListen(host: string, port: number, cause: unknown): ConvertError {
  const code = errorCode(cause);
  const why = code === 'EADDRINUSE' ? 'that port is in use' : code === 'EACCES' ? 'that is not allowed' : String(code);
  return new ConvertError('fatal', 'cannot-listen', `${host}:${port} cannot be listened on: ${why}.`, {
    hint: 'Give --listen another address, or port 0 for one that is free.',
    cause,
  });
}
