import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './ports.js';
import { AIM } from './python.js';
import { type ServerProcess, startServer } from './server-process.js';

/** How often what is waited for is looked at. */
const POLL_MS = 100;
const WAIT_MS = 30_000;

/** An `aim up` on a port of this machine; its log is that of level debug. */
export interface AimServer extends ServerProcess {
  readonly url: string;
}

/** Serves a repository with `aim up`. */
export async function serve(repo: string): Promise<AimServer> {
  const port = await freePort();
  const place = ['--host', '127.0.0.1', '--port', String(port), '--workers', '1', '--repo', repo, '--yes'];
  const url = `http://127.0.0.1:${port}`;
  const answers = async (): Promise<boolean> => (await fetch(`${url}/api/projects/`)).ok;
  const server = await startServer(['-c', AIM, 'up', ...place, '--log-level', 'debug'], {}, answers);
  return { ...server, url };
}

/** Waits for something that can be observed; fails with what was said when it does not come. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, said = () => ''): Promise<void> {
  const end = Date.now() + WAIT_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Waited ${WAIT_MS / 1000} s in vain until ${what}.\n${said().slice(-3000)}`);
    await delay(POLL_MS);
  }
}
