/** The pauses between attempts at something that fails: they double up to a limit, and begin anew after a success. */
export class Backoff {
  private failures = 0;

  /** Milliseconds. */
  constructor(
    private readonly first: number,
    private readonly longest: number,
  ) {}

  /** Whether the last attempt failed. */
  get isFailing(): boolean {
    return this.failures > 0;
  }

  /** The pause after one more failure. */
  next(): number {
    this.failures++;
    return Math.min(this.longest, this.first * 2 ** (this.failures - 1));
  }

  reset(): void {
    this.failures = 0;
  }
}
