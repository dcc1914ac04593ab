import { existsSync, rmSync } from 'node:fs';
import type { Repository } from '../aim/repository.js';
import { orphans, wasWrittenByAim } from '../aim/run-files.js';
import { monotonicNow } from '../clock.js';
import { failpoint } from '../failpoints.js';
import type { WriteIndex } from '../run/task/run-converter.js';
import type { Ledger } from '../state/ledger.js';
import { sleep } from '../wait.js';

/** How long a run that is in the index already may have other entries there than it should; milliseconds. */
export const INDEX_EVERY = 30_000;

/** How long obsolete files stay for readers who have just learnt of them; milliseconds. */
const OBSOLETE_AGE = 5_000;

/** How often and after which pause (milliseconds) the index is tried again when Aim holds it at the end. */
const INDEX_ATTEMPTS = 30;
const INDEX_PAUSE = 500;

/** In a watch, every so many writings of the index it is put in order as well: few files, and no run left out. */
const TIDY_EVERY = 8;

/**
 * Keeps `meta/index` in step with the runs, and removes the files that they no longer need: both are put off, since readers
 * may be about to open such a file, and writing the index costs more than a run that has grown a little. What is put off
 * stands in the ledger, so that a crash loses none of it.
 */
export class IndexMaintenance {
  /** Runs whose entries in the index are not up to date. */
  private readonly unindexed: Set<string>;
  private indexedAt = monotonicNow();
  private indexings = 0;
  /** Files that nothing refers to any more, since when (milliseconds), and the run whose they are. */
  private readonly obsolete = new Map<string, { readonly hash: string; readonly since: number }>();

  /** @param every how long entries of runs that were there before may be out of date, milliseconds */
  constructor(
    private readonly repository: Repository,
    private readonly ledger: Ledger,
    private readonly writeIndex: WriteIndex,
    private readonly warn: (message: string) => void,
    private readonly every: number,
  ) {
    this.unindexed = new Set(ledger.unindexed());
    // One that ended before its index was brought up to date may also have left files.
    for (const hash of this.unindexed) if (!wasWrittenByAim(repository, hash)) this.leaveOrphans(hash);
  }

  /** Nothing has been put off. */
  get isSettled(): boolean {
    return this.unindexed.size === 0 && this.obsolete.size === 0;
  }

  /** Whether the index does not yet say what the run's database says. */
  lacks(hash: string): boolean {
    return this.unindexed.has(hash);
  }

  /** Has the entries of these runs written with the next {@link update}, and all others that have been put off. */
  demand(hashes: readonly string[]): void {
    for (const hash of hashes) this.unindexed.add(hash);
    this.indexedAt = Number.NEGATIVE_INFINITY;
  }

  /** What a crash has left. A run that cannot be read, or is gone, is not cleared up. */
  leaveOrphans(hash: string): void {
    try {
      this.leave(hash, orphans(this.repository, hash));
    } catch {}
  }

  /** These files of a run are not needed any more; readers may just have learnt of them. */
  leave(hash: string, files: readonly string[]): void {
    const since = monotonicNow();
    for (const file of files) if (!this.obsolete.has(file)) this.obsolete.set(file, { hash, since });
  }

  /** Removes files that have been obsolete for so long, milliseconds; the index then has another checksum of their runs. */
  private removeObsolete(age: number): void {
    for (const [file, { hash, since }] of this.obsolete) {
      if (monotonicNow() - since < age) continue;
      rmSync(file, { force: true });
      this.obsolete.delete(file);
      this.unindexed.add(hash);
    }
  }

  /**
   * These runs have been published. New ones are indexed at once. While Aim writes its index ours has to wait: the runs are
   * taken along the next time, and with `finished`, when there is no next time, the end of Aim's pass is waited for, which
   * takes seconds.
   */
  async update(
    published: readonly string[],
    { isNew, finished }: { isNew: boolean; finished: boolean },
  ): Promise<void> {
    // Before the index, whose checksums cover all files of a run.
    this.removeObsolete(finished ? 0 : OBSOLETE_AGE);
    for (const hash of published) this.unindexed.add(hash);
    if (!isNew && !finished && monotonicNow() - this.indexedAt < this.every) return;
    const hashes = [...this.unindexed].filter((hash) => existsSync(this.repository.meta(hash)));
    if (hashes.length === 0 && !finished) return;
    const tidy = finished || ++this.indexings % TIDY_EVERY === 0;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.writeIndex(hashes, tidy);
      if (outcome.written) {
        failpoint('index-written');
        if (outcome.damage !== undefined) {
          this.warn(`The index of the Aim repository ${outcome.damage} and has been made anew.`);
        }
        if (finished && outcome.untidy !== undefined) {
          this.warn(
            `The tables of Aim's index could not be merged, because ${outcome.untidy}. Run \`aim storage reindex\`, which makes it anew.`,
          );
        }
        for (const hash of hashes) this.unindexed.delete(hash);
        // They will have another checksum soon.
        for (const { hash } of this.obsolete.values()) this.unindexed.add(hash);
        this.ledger.markIndexed(hashes.filter((hash) => !this.unindexed.has(hash)));
        this.indexedAt = monotonicNow();
        return;
      }
      this.indexedAt = Number.NEGATIVE_INFINITY;
      if (!finished || (hashes.length === 0 && outcome.passing)) return;
      if (attempt === INDEX_ATTEMPTS || !outcome.passing) {
        this.warn(
          `The index of the Aim repository was left as it is, because ${outcome.reason}. Run \`aim storage reindex\`, ` +
            'and the converted runs appear in queries.',
        );
        return;
      }
      await sleep(INDEX_PAUSE);
    }
  }
}
