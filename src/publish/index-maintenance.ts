import { existsSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Repository } from '../aim/repository.js';
import { orphans, wasWrittenByAim } from '../aim/run-files.js';
import type { IndexOutcome } from '../aim/run-index.js';
import { monotonicNow } from '../clock.js';
import type { Warn } from '../events.js';
import { failpoint } from '../failpoints.js';
import type { WriteIndex } from '../run/task/run-converter.js';
import type { Ledger } from '../state/ledger.js';

/** How long index entries of an existing run may be stale; milliseconds. */
const UPDATE_EVERY = 30_000;

/** How long obsolete files are kept for readers that have just seen their names; milliseconds. */
const OBSOLETE_AGE = 5_000;

/** How often, and after which pause (milliseconds), a final update is tried again while Aim holds the index. */
const FINAL_ATTEMPTS = 30;
const FINAL_PAUSE = 500;

/** In a watch, one update in this many also compacts the index, so that it has few files and includes all runs. */
const COMPACT_EVERY = 8;

/**
 * Keeps `meta/index` in step with the runs, and removes files that runs no longer need. Both are delayed: a reader may be
 * about to open such a file, and writing the index costs more than appending to a run. The ledger knows which runs have
 * stale entries, so a crash loses none of them.
 */
export class IndexMaintenance {
  /** Runs whose index entries are stale. */
  private readonly stale: Set<string>;
  private updatedAt = monotonicNow();
  private updates = 0;
  /** Files that nothing refers to any more: their run, and since when (milliseconds). */
  private readonly obsolete = new Map<string, { readonly hash: string; readonly since: number }>();

  constructor(
    private readonly repository: Repository,
    private readonly ledger: Ledger,
    private readonly writeIndex: WriteIndex,
    private readonly warn: Warn,
  ) {
    this.stale = new Set(ledger.unindexed());
    // A process that ended before it updated the index may also have left files.
    for (const hash of this.stale) if (!wasWrittenByAim(repository, hash)) this.markOrphansObsolete(hash);
  }

  /** Whether nothing is delayed. */
  get isSettled(): boolean {
    return this.stale.size === 0 && this.obsolete.size === 0;
  }

  /** Whether the index does not yet contain what the run's database does. */
  isStale(hash: string): boolean {
    return this.stale.has(hash);
  }

  /** Makes the next {@link update} write the entries of these runs, and everything delayed. */
  requestUpdate(hashes: readonly string[]): void {
    for (const hash of hashes) this.stale.add(hash);
    this.updatedAt = Number.NEGATIVE_INFINITY;
  }

  /** Finds the files that a crash has left of a run. A run that is missing or cannot be read is skipped. */
  markOrphansObsolete(hash: string): void {
    try {
      this.markObsolete(hash, orphans(this.repository, hash));
    } catch {}
  }

  /** These files of a run are no longer needed; readers may just have seen their names. */
  markObsolete(hash: string, files: readonly string[]): void {
    const since = monotonicNow();
    for (const file of files) if (!this.obsolete.has(file)) this.obsolete.set(file, { hash, since });
  }

  /**
   * These runs have changed. If any of them is new, the index is written now, otherwise when that is due. While Aim writes
   * its index, the runs wait for the next call. A final call has no next one, so it waits until Aim is done, which takes
   * seconds.
   */
  async update(
    changed: readonly string[],
    { hasNewRuns, isFinal }: { readonly hasNewRuns: boolean; readonly isFinal: boolean },
  ): Promise<void> {
    // Before the index is written, because its checksums cover all files of a run.
    this.removeObsolete(isFinal ? 0 : OBSOLETE_AGE);
    for (const hash of changed) this.stale.add(hash);
    if (!hasNewRuns && !isFinal && monotonicNow() - this.updatedAt < UPDATE_EVERY) return;
    const hashes = [...this.stale].filter((hash) => existsSync(this.repository.meta(hash)));
    if (hashes.length === 0 && !isFinal) return;
    const outcome = await this.write(hashes, isFinal);
    if (outcome.written) this.noteWritten(hashes);
    else this.updatedAt = Number.NEGATIVE_INFINITY;
    this.tell(outcome, hashes, isFinal);
  }

  private async write(hashes: readonly string[], isFinal: boolean): Promise<IndexOutcome> {
    const compact = isFinal || ++this.updates % COMPACT_EVERY === 0;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.writeIndex(hashes, compact);
      if (outcome.written || !isFinal || !outcome.isTransient || hashes.length === 0) return outcome;
      if (attempt === FINAL_ATTEMPTS) return outcome;
      await delay(FINAL_PAUSE);
    }
  }

  private noteWritten(hashes: readonly string[]): void {
    failpoint('index-written');
    for (const hash of hashes) this.stale.delete(hash);
    // When their obsolete files are removed, the checksums of these runs change.
    for (const { hash } of this.obsolete.values()) this.stale.add(hash);
    this.ledger.markIndexed(hashes.filter((hash) => !this.stale.has(hash)));
    this.updatedAt = monotonicNow();
  }

  /**
   * Removes files that have been obsolete for this long (milliseconds); the checksums of their runs in the index must then
   * be updated.
   */
  private removeObsolete(age: number): void {
    for (const [file, { hash, since }] of this.obsolete) {
      if (monotonicNow() - since < age) continue;
      rmSync(file, { force: true });
      this.obsolete.delete(file);
      this.stale.add(hash);
    }
  }

  private tell(outcome: IndexOutcome, hashes: readonly string[], isFinal: boolean): void {
    if (outcome.written) {
      if (outcome.damage !== undefined) {
        const message = `The index of the Aim repository ${outcome.damage} and was rebuilt.`;
        this.warn({ code: 'index-rebuilt', message });
      }
      if (isFinal && outcome.notCompacted !== undefined) {
        const message =
          `The tables of Aim's index could not be merged, because ${outcome.notCompacted}. ` +
          'Run `aim storage reindex`, which rebuilds it.';
        this.warn({ code: 'index-not-updated', message });
      }
      return;
    }
    // With nothing to add, it does no harm that Aim holds the index for a moment.
    if (!isFinal || (hashes.length === 0 && outcome.isTransient)) return;
    const message =
      `The index of the Aim repository was not updated, because ${outcome.reason}. ` +
      'Run `aim storage reindex` to make the converted runs appear in queries.';
    this.warn({ code: 'index-not-updated', message });
  }
}
