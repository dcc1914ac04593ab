/** What a statement should take: long enough to be worth it, too short for a trainer to notice. */
const SHORT = 10;
const LONG = 30;

/**
 * How many rows one statement may look at, so that it takes some tens of milliseconds at most: a few thousand where they lie in
 * memory, a few hundred where each comes from a slow disk.
 */
export class AdaptivePageSize {
  #size: number;

  constructor(
    first: number,
    private readonly most: number,
  ) {
    this.#size = first;
  }

  get size(): number {
    return this.#size;
  }

  /** To be told what a statement of the current size took. */
  readonly took = (milliseconds: number): void => {
    if (milliseconds > LONG) this.#size = Math.max(50, Math.floor(this.#size / 2));
    else if (milliseconds < SHORT) this.#size = Math.min(this.most, 2 * this.#size);
  };
}
