import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { monotonicNow } from '../clock.js';

/** How long something took, in seconds. */
export interface Elapsed {
  readonly wall: number;
  /** How long it would have taken, about, if no other program had used the processors. */
  readonly alone: number;
}

/** Tells how long it has been running. */
export type Stopwatch = () => Elapsed;

/** Seconds of processor time since some moment. */
export interface ProcessorTimes {
  /** Spent by this process. */
  readonly own: number;
  /** For which its threads were ready to run, and had to wait for a processor. */
  readonly delayed: number;
  /** Spent by all programs of this machine. */
  readonly all: number;
}

export function startStopwatch(): Stopwatch {
  const since = monotonicNow();
  const before = processorTimes();
  return () => {
    const wall = (monotonicNow() - since) / 1000;
    const now = processorTimes();
    const spent = {
      own: now.own - before.own,
      delayed: now.delayed - before.delayed,
      all: now.all - before.all,
    };
    return { wall, alone: timeAlone(wall, spent, availableParallelism()) };
  };
}

/**
 * What others took away is at most what they used, and at most what the threads of this process had to wait. It was taken from as many
 * threads as were ready to run at once, on average.
 */
export function timeAlone(wall: number, { own, delayed, all }: ProcessorTimes, processors: number): number {
  const taken = Math.min(delayed, Math.max(0, all - own));
  if (wall <= 0 || taken <= 0) return Math.max(0, wall);
  const atOnce = Math.min(processors, Math.max(1, (own + delayed) / wall));
  return Math.min(wall, Math.max(wall - taken / atOnce, own / processors));
}

function processorTimes(): ProcessorTimes {
  const { user, system } = process.cpuUsage();
  const all = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  return { own: (user + system) / 1e6, delayed: delays(), all: all / 1000 };
}

/** Linux counts for each thread how long it waited for a processor (`schedstat`: nanoseconds run, nanoseconds waited, …); 0 elsewhere. */
function delays(): number {
  const directory = '/proc/self/task';
  try {
    return readdirSync(directory).reduce((sum, thread) => sum + delayOf(`${directory}/${thread}/schedstat`), 0);
  } catch {
    return 0;
  }
}

function delayOf(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8').split(' ')[1] ?? 0) / 1e9;
  } catch {
    return 0; // the thread has ended
  }
}
