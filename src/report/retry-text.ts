import type { Retry } from '../events.js';
import { formatCount } from './format.js';

/** What is repeated at once is told by nobody; seconds. */
const SHORTEST_WAIT = 1;
/** One retry of a server in so many milliseconds is told, unless a later one waits for longer: many requests may fail at once. */
const TOLD_EVERY = 5_000;

/** Which of the retries are worth a line. */
export class RetryFilter {
  readonly #told = new Map<string, { readonly at: number; readonly attempt: number }>();

  /** @param now milliseconds of a clock that never goes back */
  constructor(private readonly now: () => number = () => performance.now()) {}

  passes({ server, attempt, wait }: Retry): boolean {
    if (wait < SHORTEST_WAIT) return false;
    const at = this.now();
    const last = this.#told.get(server);
    if (last !== undefined && at - last.at < TOLD_EVERY && attempt <= last.attempt) return false;
    this.#told.set(server, { at, attempt });
    return true;
  }
}

/** `http://host:5000 answers 502; try 3 of 8 in 8 s (the runs of experiment 1).` */
export function retryText({ server, says, what, attempt, attempts, wait }: Retry): string {
  return `${server} ${says}; try ${attempt} of ${attempts} in ${formatCount(wait)} s (${what}).`;
}
