import { createServer } from 'node:net';
import { afterAll } from '@jest/globals';
import { start } from './harness.js';
import { AIM, PYTHON } from './python.js';

/** How often a server that is starting, or its log, is looked at. */
const POLL_MS = 100;
const PATIENCE_MS = 120_000;

/** An `aim up` under way, on a port of this machine only. */
export interface AimServer {
  readonly url: string;
  /** Everything it has said so far, at log level debug. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

const running = new Set<AimServer>();

afterAll(async () => {
  await Promise.all([...running].map((server) => server.stop()));
});

/**
 * Serves a repository with `aim up`. It starts a server process of its own, which outlives it when it is killed alone:
 * both are in one process group, which is stopped as a whole.
 */
export async function serve(repo: string): Promise<AimServer> {
  const port = await freePort();
  const args = ['-c', AIM, 'up', '--host', '127.0.0.1', '--port', String(port), '--repo', repo, '--yes'];
  const { child, finished } = start(PYTHON, [...args, '--log-level', 'debug'], { detached: true });
  let said = '';
  child.stdout?.on('data', (part: Buffer) => {
    said += part.toString();
  });
  child.stderr?.on('data', (part: Buffer) => {
    said += part.toString();
  });
  const server: AimServer = {
    url: `http://127.0.0.1:${port}`,
    log: () => said,
    stop: async () => {
      running.delete(server);
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
      await finished;
    },
  };
  running.add(server);
  await until(`aim up answers at ${server.url}`, () => answers(`${server.url}/api/projects/`), server.log);
  return server;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

/** Waits for something that can be observed; fails with what was said when it does not come. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, said = () => ''): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Waited in vain until ${what}.\n${said().slice(-3000)}`);
    await new Promise((resume) => setTimeout(resume, POLL_MS));
  }
}

function freePort(): Promise<number> {
  return new Promise((settle, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => settle(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
