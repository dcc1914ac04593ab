import { existsSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { StagedRun } from '../convert-run.js';
import type { Ledger, LedgerEntry } from '../sync/ledger.js';
import { syncDirectories, syncPath } from './durability.js';
import type { Repository } from './repository.js';
import { install, removeOrphans, type StagedFiles } from './run-files.js';
import type { IndexOutcome } from './run-index.js';
import type { RunMetadata, RunProperties } from './run-metadata.js';

/**
 * Runs that become visible together. Each group costs an index file and a few transactions, and the last one has to be
 * waited for; so groups begin small and grow with what has been published: their number stays logarithmic.
 */
const FIRST_GROUP = 250;
const GROWTH = 0.25;
/** Nobody waits longer than this for a run that is done; milliseconds. */
const GROUP_TIME = 15_000;

/** How often and after which pause (milliseconds) the index is tried again when Aim holds it at the end. */
const INDEX_ATTEMPTS = 30;
const INDEX_PAUSE = 500;

/** A {@link Publisher.flush} in so many also merges what the others have added to the index. */
const TIDY_EVERY = 8;

/** The revision of a run whose row may not be there yet. */
const UNFINISHED = '';

/** Brings the index entries of these runs up to date; `finished` after the last ones. */
export type WriteIndex = (hashes: readonly string[], finished: boolean) => Promise<IndexOutcome>;

export interface PublisherEvents {
  readonly published: (runs: number) => void;
  readonly warning: (message: string) => void;
}

/**
 * Makes staged runs visible in Aim, in groups. What a reader sees first is what must come last: data is on disk before it
 * is moved into place, in place before it is indexed, indexed before the row is written by which Aim lists the run, and
 * all of that before the ledger says that it is done. Killed in between, a group is simply published again.
 */
export class Publisher {
  private group: StagedRun[] = [];
  private since = Date.now();
  private publishing: Promise<void> = Promise.resolve();
  private unindexed: string[] = [];
  private flushes = 0;
  private published = 0;
  /** For the runs of the group, the states that their rows may be in. */
  private readonly before = new Map<string, readonly RunProperties[]>();

  constructor(
    private readonly repository: Repository,
    private readonly metadata: RunMetadata,
    private readonly ledger: Ledger,
    private readonly source: string,
    private readonly writeIndex: WriteIndex,
    private readonly events: PublisherEvents,
  ) {}

  /** Takes a run over. Waits while the group before is still being published, so that work does not pile up. */
  async add(run: StagedRun): Promise<void> {
    this.group.push(run);
    if (!this.isDue()) return;
    await this.publishing;
    if (this.isDue()) void this.publish(false);
  }

  /** Publishes what is left and brings the index into its final shape. */
  async finish(): Promise<void> {
    await this.publishing;
    await this.publish(true);
  }

  /**
   * Publishes what is there now, for a watch that will come again: nothing is waited for, and the index is put in order
   * only now and then. Runs that are not in the index because Aim held it go with the next call.
   */
  async flush(): Promise<void> {
    await this.publishing;
    if (this.group.length === 0 && this.unindexed.length === 0) return;
    this.flushes++;
    await this.publish(this.flushes % TIDY_EVERY === 0, false);
  }

  private isDue(): boolean {
    const enough = Math.max(FIRST_GROUP, this.published * GROWTH);
    return this.group.length >= enough || Date.now() - this.since >= GROUP_TIME;
  }

  /** Publishes the group behind the one that is being published; resolves when both are. */
  private publish(finished: boolean, patient = finished): Promise<void> {
    const group = this.group;
    this.group = [];
    this.since = Date.now();
    this.publishing = this.publishing.then(() => this.publishGroup(group, finished, patient));
    // Rejections are met by whoever waits next; until then they must not count as unhandled.
    this.publishing.catch(() => {});
    return this.publishing;
  }

  private async publishGroup(group: readonly StagedRun[], finished: boolean, patient: boolean): Promise<void> {
    const changed = group.flatMap(({ files, ...run }) => (files === undefined ? [] : [{ ...run, files }]));
    await syncDirectories(changed.flatMap(({ files }) => [files.meta, files.seqs]));
    const obsolete = changed.flatMap((run) => this.install(run));
    if (changed.length > 0) await Promise.all([this.repository.metaChunks, this.repository.seqsChunks].map(syncPath));
    // Before the index, whose checksums cover all files of a run.
    for (const file of obsolete) rmSync(file, { force: true });
    const present = group.filter(({ hash }) => existsSync(this.repository.meta(hash)));
    for (const { hash, files } of present) if (files === undefined) removeOrphans(this.repository, hash);
    await this.index(
      present.map(({ hash }) => hash),
      finished,
      patient,
    );
    this.writeRows(group);
    this.published += group.length;
    if (group.length > 0) this.events.published(group.length);
  }

  /** Moves a run into place, unless it has been removed in Aim; while that goes on, files are lost at any moment. */
  private install({ hash, files, listed = false }: StagedRun & { readonly files: StagedFiles }): string[] {
    if (listed && !this.metadata.has(hash)) return [];
    try {
      return install(this.repository, hash, files);
    } catch (error) {
      // Aim removes the row first and the files then, in one transaction: the next one sees what has become of it.
      let isThere = true;
      this.metadata.transaction(() => {
        isThere = this.metadata.has(hash);
      });
      if (!listed || isThere) throw error;
      return [];
    }
  }

  /**
   * While Aim writes its index ours has to wait: the runs are taken along by the next group, and the last group waits for
   * the end of Aim's pass, which takes seconds.
   */
  private async index(hashes: readonly string[], finished: boolean, patient: boolean): Promise<void> {
    this.unindexed.push(...hashes);
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.writeIndex(this.unindexed, finished);
      if (outcome.written) {
        this.unindexed = [];
        return;
      }
      if (!patient || this.unindexed.length === 0) return;
      if (attempt === INDEX_ATTEMPTS || !outcome.passing) {
        this.events.warning(
          `The index of the Aim repository was left as it is, because ${outcome.reason}. Run \`aim storage reindex\`, ` +
            'and the converted runs appear in queries.',
        );
        return;
      }
      await delay(INDEX_PAUSE);
    }
  }

  /**
   * The ledger notes what is about to be written, with a revision that never holds: if the process ends in between, the
   * next conversion can tell what was written from what a person has changed.
   */
  private writeRows(group: readonly StagedRun[]): void {
    const entries = group.map((run): LedgerEntry => ({ ...run, source: this.source }));
    this.ledger.write(entries.map((entry) => this.intention(entry)));
    const removed: string[] = [];
    this.metadata.transaction(() => {
      for (const { hash, properties, listed } of group) {
        if (listed === true && !this.metadata.has(hash)) removed.push(hash);
        else this.metadata.write(hash, properties, ...(this.before.get(hash) ?? []));
      }
    });
    this.ledger.write(entries);
    this.before.clear();
    // Removed in Aim while it was on its way: nothing of it may stay, and the ledger knows it, so it does not come back.
    for (const directory of removed.flatMap((hash) => [this.repository.meta(hash), this.repository.seqs(hash)])) {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  private intention(entry: LedgerEntry): LedgerEntry {
    const { hash, properties } = entry;
    const known = this.metadata.has(hash) ? this.ledger.get(hash) : undefined;
    const before = [known?.properties, known?.pending].filter((state) => state !== undefined);
    this.before.set(hash, before);
    return { ...entry, revision: UNFINISHED, properties: before[0] ?? properties, pending: properties };
  }
}
