import type { RunReport } from '../outcome.js';

/** The run ids that were met in a pass: runs of one id come one after the other, and only the first that is a run is taken. */
export class RunIds {
  /** For each id: whether a run of it has been taken. */
  private readonly taken = new Map<string, Promise<boolean>>();

  /** @param convert told whether a run of this id has been taken already */
  take(hash: string, convert: (twice: boolean) => Promise<RunReport>): Promise<RunReport> {
    const before = this.taken.get(hash) ?? Promise.resolve(false);
    const converting = before.then(convert);
    const isTaken = converting.then(({ outcome }) => outcome !== 'skipped').catch(() => false);
    this.taken.set(
      hash,
      isTaken.then(async (taken) => taken || before),
    );
    return converting;
  }
}
