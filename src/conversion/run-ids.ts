import type { ConvertedRun } from '../pipeline.js';

/** The run ids of a pass: runs with one id are converted one after the other, and only the first that is a run is taken. */
export class RunIds {
  /** For each hash, whether a run of it has been taken. */
  readonly #claimed = new Map<string, Promise<boolean>>();

  /** @param convert gets whether a run of this id has already been taken */
  claim(hash: string, convert: (isDuplicateId: boolean) => Promise<ConvertedRun>): Promise<ConvertedRun> {
    const before = this.#claimed.get(hash) ?? Promise.resolve(false);
    const converting = before.then(convert);
    const isTaken = converting.then(({ report }) => report.outcome !== 'skipped').catch(() => false);
    this.#claimed.set(
      hash,
      isTaken.then(async (taken) => taken || before),
    );
    return converting;
  }
}
