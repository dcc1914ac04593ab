import { isIP } from 'node:net';
import { connect } from 'node:tls';

/** Milliseconds. */
const LONGEST = 3_000;

/** Whether the server of this `http:` origin completes a TLS handshake: then it was meant to be asked by https. */
export async function speaksTls(origin: string, signal: AbortSignal): Promise<boolean> {
  const { hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, '');
  // nothing is sent: whose certificate it is does not matter
  const socket = connect({
    host,
    port: Number(port || 80),
    rejectUnauthorized: false,
    ...(isIP(host) === 0 && { servername: host }),
  });
  try {
    return await new Promise<boolean>((resolve) => {
      const no = () => resolve(false);
      socket.setTimeout(LONGEST, no);
      socket
        .once('secureConnect', () => resolve(true))
        .once('error', no)
        .once('close', no);
      signal.addEventListener('abort', no, { once: true });
      if (signal.aborted) no();
    });
  } finally {
    socket.on('error', () => {}).destroy();
  }
}
