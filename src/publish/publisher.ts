import { existsSync, rmSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { syncDirectories, syncPath } from '../aim/durability.js';
import type { Repository } from '../aim/repository.js';
import { install, isInstallable, removeStaged, stagedDirectories } from '../aim/run-files.js';
import type { RunMetadata, RunProperties } from '../aim/run-metadata.js';
import { monotonicNow } from '../clock.js';
import { failpoint } from '../failpoints.js';
import type { WriteIndex } from '../run/task/run-converter.js';
import type { StagedRun } from '../run/task/run-task.js';
import type { Ledger, LedgerEntry } from '../state/ledger.js';
import { INDEX_EVERY, IndexMaintenance } from './index-maintenance.js';

/**
 * Runs that become visible together. Each group costs an index file and a few transactions, and the last one has to be
 * waited for; so groups begin small and grow with what has been published. The largest is bounded as memory is: what is
 * in a group waits, and so do its entries while the index is written.
 */
const FIRST_GROUP = 250;
const LARGEST_GROUP = 1500;
const GROWTH = 0.25;
/** Nobody waits longer than this for a run that is done; milliseconds. */
const GROUP_TIME = 15_000;

/** So long the event loop may have to wait; milliseconds. */
const TURN = 100;

/** The revision of a run whose row may not be there yet. */
const UNFINISHED = '';

/** `changed`: it is no longer what was to be added to. `removed`: a person has removed it. */
export type PassedOver = 'changed' | 'removed';

export interface PublisherEvents {
  /** These runs are visible in Aim, whole. */
  readonly published: (hashes: readonly string[]) => void;
  /** This run is not published, because of what Aim has done meanwhile. */
  readonly passedOver: (hash: string, why: PassedOver) => void;
  readonly warning: (message: string) => void;
}

export interface PublisherOptions {
  /**
   * How long entries of the index may be out of date of runs that were there before, milliseconds; new runs are indexed
   * at once, and all at the end.
   */
  readonly indexEvery?: number;
}

/**
 * Makes staged runs visible in Aim, in groups. What a reader sees first is what must come last: data is on disk before it
 * is moved into place, in place before it is indexed, indexed before the row is written by which Aim lists the run, and
 * all of that before the ledger says that it is done. Killed in between, a group is simply published again.
 */
export class Publisher {
  private group: StagedRun[] = [];
  private since = monotonicNow();
  /** Publishes a group to which nothing more comes, while one long run is under way, say. */
  private overdue: NodeJS.Timeout | undefined;
  private publishing: Promise<void> = Promise.resolve();
  private readonly index: IndexMaintenance;
  private published = 0;
  /** For the runs of the group, the states that their rows may be in. */
  private readonly before = new Map<string, readonly RunProperties[]>();

  constructor(
    private readonly repository: Repository,
    private readonly metadata: RunMetadata,
    private readonly ledger: Ledger,
    private readonly source: string,
    writeIndex: WriteIndex,
    private readonly events: PublisherEvents,
    { indexEvery = INDEX_EVERY }: PublisherOptions = {},
  ) {
    this.index = new IndexMaintenance(repository, ledger, writeIndex, events.warning, indexEvery);
  }

  /** Takes a run over. Waits while the group before is still being published, so that work does not pile up. */
  async add(run: StagedRun): Promise<void> {
    this.group.push(run);
    this.overdue ??= setTimeout(() => void this.publish(false), GROUP_TIME).unref();
    if (!this.isDue()) return;
    await this.publishing;
    if (this.isDue()) void this.publish(false);
  }

  /**
   * Publishes what is there now, for a watch that will come again: nothing is waited for. Runs that are not in the index,
   * because that is not due yet or Aim held it, go with a later call.
   */
  async flush(): Promise<void> {
    await this.publishing;
    if (this.group.length === 0 && this.index.isSettled) return;
    await this.publish(false);
  }

  /**
   * Writes the index entries of these runs once more, whatever Aim may have made of them meanwhile, and removes the files
   * that they no longer need. False when Aim holds the index: then that is to be asked for again.
   */
  async settle(hashes: readonly string[]): Promise<boolean> {
    await this.publishing;
    this.index.demand(hashes);
    await this.publish(false);
    return !hashes.some((hash) => this.index.lacks(hash) && this.metadata.has(hash));
  }

  /** Publishes what is left and brings the index into its final shape. */
  async finish(): Promise<void> {
    await this.publishing;
    await this.publish(true);
  }

  private isDue(): boolean {
    const enough = Math.min(LARGEST_GROUP, Math.max(FIRST_GROUP, this.published * GROWTH));
    return this.group.length >= enough || monotonicNow() - this.since >= GROUP_TIME;
  }

  /** Publishes the group behind the one that is being published; resolves when both are. */
  private publish(finished: boolean): Promise<void> {
    const group = this.group;
    this.group = [];
    this.since = monotonicNow();
    clearTimeout(this.overdue);
    this.overdue = undefined;
    this.publishing = this.publishing.then(() => this.publishGroup(group, finished));
    // Rejections are met by whoever waits next; until then they must not count as unhandled.
    this.publishing.catch(() => {});
    return this.publishing;
  }

  private async publishGroup(waiting: readonly StagedRun[], finished: boolean): Promise<void> {
    this.repository.checkIdentity();
    if (waiting.length > 0) failpoint('group-begun');
    await syncDirectories(waiting.flatMap(({ files }) => (files === undefined ? [] : stagedDirectories(files))));
    if (waiting.length > 0) failpoint('group-synced');
    if (waiting.length > 0) await this.metadata.whenWritable();
    const group: StagedRun[] = [];
    let turn = monotonicNow();
    for (const run of waiting) {
      if (this.install(run)) group.push(run);
      if (monotonicNow() - turn < TURN) continue;
      await nextTurn(); // renames and flushes of a large group take seconds on a slow disk: signals are to be heard
      turn = monotonicNow();
    }
    const present = group.filter(({ hash }) => existsSync(this.repository.meta(hash)));
    if (group.some(({ files }) => files !== undefined)) {
      await Promise.all([this.repository.metaChunks, this.repository.seqsChunks].map(syncPath));
    }
    for (const { hash, files } of present) if (files === undefined) this.index.leaveOrphans(hash);
    if (group.length > 0) failpoint('group-moved');
    const isNew = present.some(({ hash }) => !this.metadata.has(hash));
    const changed = present.filter((run) => !this.isAsItWas(run));
    await this.index.update(
      changed.map(({ hash }) => hash),
      { isNew, finished },
    );
    if (group.length > 0) await this.metadata.whenWritable();
    const removed = this.writeRows(group);
    this.published += group.length;
    const published = group.map(({ hash }) => hash).filter((hash) => !removed.has(hash));
    for (const hash of removed) this.events.passedOver(hash, 'removed');
    if (published.length > 0) this.events.published(published);
  }

  /**
   * Moves a run to its place; false when it is to be passed over. One to which files are to be added may have been changed
   * in Aim since they were built: then it is left as it is, and read again the next time. One that has been removed in Aim
   * meanwhile is not moved, and {@link writeRows} sees to it; while it is being removed, files are lost at any moment.
   */
  private install({ hash, files, listed = false }: StagedRun): boolean {
    if (files === undefined) return true;
    const isRemoved = listed && !this.metadata.has(hash);
    if (isRemoved || !isInstallable(this.repository, hash, files)) {
      removeStaged(files);
      if (!isRemoved) this.events.passedOver(hash, 'changed');
      return isRemoved;
    }
    try {
      this.index.leave(hash, install(this.repository, hash, files));
    } catch (error) {
      // Aim removes the row first and the files then, in one transaction: the next one sees what has become of it.
      if (!listed || this.metadata.hasOnceSettled(hash)) throw error;
    }
    return true;
  }

  /**
   * The ledger notes what is about to be written, with a revision that never holds: if the process ends in between, the
   * next conversion can tell what was written from what a person has changed. Gives the runs that a person has removed in Aim
   * while they were on their way.
   */
  private writeRows(group: readonly StagedRun[]): ReadonlySet<string> {
    const entries = group.map(
      (run): LedgerEntry => ({ ...run, source: this.source, unindexed: this.index.lacks(run.hash) }),
    );
    const changed = entries.filter((entry) => !this.hasRow(entry));
    const wereListed = new Set(group.filter(({ listed }) => listed).map(({ hash }) => hash));
    const removed = new Set<string>();
    this.ledger.write(changed.map((entry) => this.intention(entry)));
    if (changed.length > 0) {
      failpoint('rows-intended');
      this.metadata.transaction(() => {
        for (const { hash, properties } of changed) {
          if (wereListed.has(hash) && !this.metadata.has(hash)) removed.add(hash);
          else this.metadata.write(hash, properties, ...(this.before.get(hash) ?? []));
        }
      });
      failpoint('rows-written');
    }
    this.ledger.write(entries);
    if (entries.length > 0) failpoint('ledger-written');
    this.before.clear();
    // Nothing of it may stay, and the ledger knows it, so it does not come back.
    for (const directory of [...removed].flatMap((hash) => [this.repository.meta(hash), this.repository.seqs(hash)])) {
      rmSync(directory, { recursive: true, force: true });
    }
    return removed;
  }

  /** Whether a run was read again though nothing of it had changed since all of it was done: it has its entries already. */
  private isAsItWas({ hash, files, revision, inputs }: StagedRun): boolean {
    const known = this.ledger.get(hash);
    return files === undefined && known?.revision === revision && known.inputs === inputs;
  }

  /** Whether the row of a run says already what it is to say. */
  private hasRow({ hash, properties }: LedgerEntry): boolean {
    const known = this.ledger.get(hash);
    if (known === undefined || known.pending !== undefined || !this.metadata.has(hash)) return false;
    return JSON.stringify(known.properties) === JSON.stringify(properties);
  }

  private intention(entry: LedgerEntry): LedgerEntry {
    const { hash, properties } = entry;
    const entryBefore = this.ledger.get(hash);
    const known = entryBefore !== undefined && this.metadata.has(hash) ? entryBefore : undefined;
    const unsettled = known?.pending ?? [];
    this.before.set(hash, known === undefined ? [] : [known.properties, ...unsettled]);
    const text = JSON.stringify(properties);
    const pending = [...unsettled.filter((state) => JSON.stringify(state) !== text), properties];
    const { growth: _, ...rest } = entry;
    return { ...rest, revision: UNFINISHED, properties: known?.properties ?? properties, pending };
  }
}
