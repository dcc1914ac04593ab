import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy before a server whose connections break, or are forgotten. */
export interface TcpProxy {
  readonly port: number;
  /** How many connections were made. */
  connections(): number;
  /** The next connection over which the server sends more than so many bytes is cut there, with a FIN or an RST; once. */
  cut(after: number, how: 'end' | 'reset'): void;
  /** The next such connection swallows, from there on, what either end sends; others are passed on; once. */
  stall(after: number): void;
  /** Connections are taken, and nobody answers on them. */
  swallowAll(): void;
  close(): Promise<void>;
}

interface Trouble {
  readonly after: number;
  readonly how: 'end' | 'reset' | 'stall';
}

export async function tcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let [connections, mute] = [0, false];
  let trouble: Trouble | undefined;

  function befall(client: Socket, server: Socket, { how }: Trouble): void {
    trouble = undefined;
    for (const socket of [client, server]) socket.removeAllListeners('data');
    if (how === 'stall') {
      for (const socket of [client, server]) socket.resume();
      return;
    }
    server.destroy();
    if (how === 'reset') client.resetAndDestroy();
    else client.destroy();
  }

  const listener: Server = createServer((client) => {
    connections += 1;
    sockets.add(client);
    client.on('error', () => {});
    if (mute) {
      client.resume();
      return;
    }
    const server = connect(target, '127.0.0.1');
    sockets.add(server);
    server.on('error', () => {});
    let sent = 0;
    client.on('data', (chunk) => void server.write(chunk));
    server.on('data', (chunk) => {
      sent += chunk.length;
      if (trouble !== undefined && sent > trouble.after) befall(client, server, trouble);
      else if (!client.write(chunk)) server.pause();
    });
    client.on('drain', () => void server.resume());
    client.on('close', () => void server.destroy());
    server.on('close', () => void client.destroy());
  });
  await new Promise<void>((listening) => listener.listen(0, '127.0.0.1', listening));
  return {
    port: (listener.address() as AddressInfo).port,
    connections: () => connections,
    cut: (after, how) => {
      trouble = { after, how };
    },
    stall: (after) => {
      trouble = { after, how: 'stall' };
    },
    swallowAll: () => {
      mute = true;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => listener.close(closed));
    },
  };
}
