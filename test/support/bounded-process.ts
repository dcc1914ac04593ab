import { readFileSync } from 'node:fs';
import { type Ended, startCli } from './command-line.js';

/** For what waits instead of computing. Some seconds are enough for any small store; a busy machine needs more of them. */
const TIME_LIMIT = 100_000;
/** What Linux calls a clock tick, milliseconds. */
const TICK = 10;

export interface Bounded extends Ended {
  /** Milliseconds of CPU time, which do not hang on what else the machine does; 0 where the system does not tell. */
  readonly time: number;
  /** The most memory that the process had, bytes; 0 where the system does not tell. */
  readonly memory: number;
}

/** Runs the command to its end, or kills it when it takes too long: then its `signal` tells. */
export async function runBounded(args: readonly string[]): Promise<Bounded> {
  const started = startCli(args);
  let [time, memory] = [0, 0];
  const look = setInterval(() => {
    time = Math.max(time, cpuTime(started.child.pid));
    memory = Math.max(memory, peakMemory(started.child.pid));
  }, 25);
  const limit = setTimeout(() => started.child.kill('SIGKILL'), TIME_LIMIT);
  try {
    const ended = await started.ended;
    return { ...ended, time, memory };
  } finally {
    clearInterval(look);
    clearTimeout(limit);
  }
}

/** Of all threads, in user and kernel mode: the twelfth and thirteenth field behind the name. */
function cpuTime(pid: number | undefined): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK;
  } catch {
    return 0; // it has ended
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
