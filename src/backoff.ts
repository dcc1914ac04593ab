/** Milliseconds. */
export interface BackoffLimits {
  readonly first: number;
  readonly longest: number;
}

/** The pause before the n-th retry (1, 2 …): doubles from the first to the longest. */
export function exponential(retry: number, { first, longest }: BackoffLimits): number {
  return Math.min(longest, first * 2 ** (retry - 1));
}

export interface BackoffOptions extends BackoffLimits {
  /** The part of each pause that is left to chance, from 0 (the default) to 1, so that clients do not retry in step. */
  readonly jitter?: number;
  /** From 0 to less than 1. */
  readonly random?: () => number;
}

/** The pauses between attempts at something that fails. They double up to a limit, and start over after a success. */
export class Backoff {
  private readonly limits: BackoffLimits;
  private readonly jitter: number;
  private readonly random: () => number;
  private count = 0;

  constructor({ jitter = 0, random = Math.random, ...limits }: BackoffOptions) {
    this.limits = limits;
    this.jitter = jitter;
    this.random = random;
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.count;
  }

  /** Whether the last attempt failed. */
  get isFailing(): boolean {
    return this.count > 0;
  }

  /** Counts one more failure; returns the milliseconds to wait after it. */
  next(): number {
    this.count++;
    return exponential(this.count, this.limits) * (1 - this.jitter * this.random());
  }

  /** An attempt has succeeded. */
  reset(): void {
    this.count = 0;
  }
}
