/** The time that a statement should take, in milliseconds: worth the overhead, and too short for a trainer to notice. */
const SHORT = 10;
const LONG = 30;

/**
 * The number of rows for one statement, so that it takes a few tens of milliseconds at most: a few thousand if they are in memory,
 * a few hundred if each comes from a slow disk.
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

  /** Adapts to the time that a statement of the current size took. */
  readonly took = (milliseconds: number): void => {
    if (milliseconds > LONG) this.#size = Math.max(50, Math.floor(this.#size / 2));
    else if (milliseconds < SHORT) this.#size = Math.min(this.most, 2 * this.#size);
  };
}
