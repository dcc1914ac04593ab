import { readFileSync } from 'node:fs';
import { type Ended, startCli } from './command-line.js';

/** Some seconds are enough for any small store; a machine that does other work besides needs more of them. */
const TIME_LIMIT = 60_000;

export interface Bounded extends Ended {
  /** Milliseconds. */
  readonly time: number;
  /** The most memory that the process had, bytes; 0 where the system does not tell. */
  readonly memory: number;
}

/** Runs the command to its end, or kills it when it takes too long: then its `signal` tells. */
export async function runBounded(args: readonly string[]): Promise<Bounded> {
  const begun = performance.now();
  const started = startCli(args);
  let memory = 0;
  const look = setInterval(() => {
    memory = Math.max(memory, peakMemory(started.child.pid));
  }, 25);
  const limit = setTimeout(() => started.child.kill('SIGKILL'), TIME_LIMIT);
  try {
    const ended = await started.ended;
    return { ...ended, time: performance.now() - begun, memory };
  } finally {
    clearInterval(look);
    clearTimeout(limit);
  }
}

function peakMemory(pid: number | undefined): number {
  try {
    const [, kilobytes = '0'] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) * 1024;
  } catch {
    return 0; // it has ended
  }
}
