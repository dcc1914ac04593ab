import { existsSync, rmSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { syncDirectories, syncPath } from '../aim/durability.js';
import type { Repository } from '../aim/repository.js';
import { install, isInstallable, removeStaged, stagedDirectories } from '../aim/run-files.js';
import type { RunMetadata } from '../aim/run-metadata.js';
import { monotonicNow } from '../clock.js';
import type { Warn } from '../events.js';
import { failpoint } from '../failpoints.js';
import type { SkipCode } from '../outcome.js';
import type { WriteIndex } from '../run/task/run-converter.js';
import type { StagedRun } from '../run/task/run-result.js';
import type { Ledger } from '../state/ledger.js';
import { IndexMaintenance } from './index-maintenance.js';
import { RowWriter } from './row-writer.js';
import { WaitingRuns } from './waiting-runs.js';

/** How long the event loop may be blocked; milliseconds. */
const TURN = 100;

/** Why a run was not published: Aim has changed it since it was built, or a person has removed it. */
export type PassedOver = Extract<SkipCode, 'changed-while-converting' | 'removed-in-aim'>;

export interface PublisherEvents {
  /** These runs are visible in Aim, completely. The next group waits until the returned promise resolves. */
  readonly onPublished: (hashes: readonly string[]) => Promise<void> | undefined;
  /** This run is not published, because of a change in Aim since it was built. */
  readonly onPassedOver: (hash: string, code: PassedOver) => void;
  readonly onWarning: Warn;
}

/** What a publisher works with. */
export interface PublisherContext {
  readonly repository: Repository;
  readonly metadata: RunMetadata;
  readonly ledger: Ledger;
  /** The source of all runs, as the ledger names it. */
  readonly source: string;
  readonly writeIndex: WriteIndex;
  readonly events: PublisherEvents;
}

/**
 * Makes staged runs visible in Aim, in groups. What makes a run visible comes last. For each group, in this order:
 *
 * 1. Flush: everything staged is on disk.
 * 2. Move into place: first the database of a run's points, then that of its attributes, without which it is not a run. An
 * existing database changes when its CURRENT is replaced ({@link install}).
 * 3. Clean up: files that have been obsolete for long enough are removed, before the index takes a checksum of the others.
 * 4. Index: the entries in `meta/index`, without which queries do not find a run ({@link IndexMaintenance}).
 * 5. Rows in `run_metadata.sqlite`, from which Aim lists runs: a row without data would be an empty run ({@link RowWriter}).
 * 6. Ledger: these runs are done.
 *
 * After a crash at any point the next conversion publishes the group again. Every key is a function of the source, so a run
 * that is already in place is built equal byte for byte, and only the missing steps are done.
 *
 * Life cycle: `add` takes runs and publishes a group in the background when it is due. In a watch, `flush` after each pass
 * publishes what is waiting, and leaves index entries of existing runs to a later call; `settle` writes the entries of
 * certain runs at once. `finish` publishes the rest, waits for Aim to release the index, and compacts it; a watch may
 * continue after it. Groups are published one at a time; if one fails, every later call rejects.
 */
export class Publisher {
  private readonly waiting = new WaitingRuns(() => void this.publish(false));
  private publishing: Promise<void> = Promise.resolve();
  private readonly repository: Repository;
  private readonly metadata: RunMetadata;
  private readonly index: IndexMaintenance;
  private readonly rows: RowWriter;
  private readonly events: PublisherEvents;

  constructor(private readonly context: PublisherContext) {
    const { repository, metadata, ledger, writeIndex, events } = context;
    this.repository = repository;
    this.metadata = metadata;
    this.index = new IndexMaintenance(repository, ledger, writeIndex, events.onWarning);
    this.rows = new RowWriter(metadata, ledger);
    this.events = events;
  }

  /** Takes over a run. Waits while the previous group is still being published, so that work does not pile up. */
  async add(run: StagedRun): Promise<void> {
    this.waiting.add(run);
    if (!this.waiting.isDue) return;
    await this.publishing;
    if (this.waiting.isDue) void this.publish(false);
  }

  /** Publishes what is waiting. */
  async flush(): Promise<void> {
    await this.publishing;
    if (this.waiting.isEmpty && this.index.isSettled) return;
    await this.publish(false);
  }

  /**
   * Publishes what is waiting, and writes the index entries of these runs again, whatever Aim has done to them. False if Aim
   * holds the index: call it again.
   */
  async settle(hashes: readonly string[]): Promise<boolean> {
    await this.publishing;
    this.index.requestUpdate(hashes);
    await this.publish(false);
    return !hashes.some((hash) => this.index.isStale(hash) && this.metadata.has(hash));
  }

  /** Publishes what is waiting, and completes the index. */
  async finish(): Promise<void> {
    await this.publishing;
    await this.publish(true);
  }

  /** Publishes the waiting runs after the current group; resolves when both are done. */
  private publish(isFinal: boolean): Promise<void> {
    const group = this.waiting.take();
    this.publishing = this.publishing.then(() => this.publishGroup(group, isFinal));
    // The next caller handles the rejection; until then it must not count as unhandled.
    this.publishing.catch(() => {});
    return this.publishing;
  }

  private async publishGroup(staged: readonly StagedRun[], isFinal: boolean): Promise<void> {
    this.repository.checkIdentity();
    await this.sync(staged);
    const group = await this.moveIntoPlace(staged);
    await this.updateIndex(group, isFinal);
    if (group.length > 0) await this.metadata.whenWritable();
    const removed = this.writeRows(group);
    this.waiting.notePublished(group.length);
    for (const hash of removed) this.events.onPassedOver(hash, 'removed-in-aim');
    const published = group.map(({ hash }) => hash).filter((hash) => !removed.has(hash));
    if (published.length > 0) await this.events.onPublished(published);
  }

  private async sync(staged: readonly StagedRun[]): Promise<void> {
    if (staged.length === 0) return;
    failpoint('group-begun');
    await syncDirectories(staged.flatMap(({ files }) => (files === undefined ? [] : stagedDirectories(files))));
    failpoint('group-synced');
    await this.metadata.whenWritable();
  }

  /** Returns the runs that are to be published further. */
  private async moveIntoPlace(staged: readonly StagedRun[]): Promise<readonly StagedRun[]> {
    const group: StagedRun[] = [];
    let turn = monotonicNow();
    for (const run of staged) {
      if (this.install(run)) group.push(run);
      if (monotonicNow() - turn < TURN) continue;
      await nextTurn(); // a large group takes seconds on a slow disk, and signals must be handled
      turn = monotonicNow();
    }
    if (group.some(({ files }) => files !== undefined)) {
      await Promise.all([this.repository.metaChunks, this.repository.seqsChunks].map(syncPath));
    }
    return group;
  }

  /**
   * Moves a run into place. False if it is skipped because what it appends to has changed in Aim since; it is then read
   * again next time. A run that has meanwhile been removed in Aim is not moved, and {@link writeRows} handles the rest.
   * While Aim is removing it, its files may disappear at any moment.
   */
  private install({ hash, files, existsInAim = false }: StagedRun): boolean {
    if (files === undefined) return true;
    const isRemoved = existsInAim && !this.metadata.has(hash);
    if (isRemoved || !isInstallable(this.repository, hash, files)) {
      removeStaged(files);
      if (!isRemoved) this.events.onPassedOver(hash, 'changed-while-converting');
      return isRemoved;
    }
    try {
      this.index.markObsolete(hash, install(this.repository, hash, files));
    } catch (error) {
      // Aim removes the row and then the files in one transaction: waiting for its end shows whether that was the cause.
      if (!existsInAim || this.metadata.hasOnceSettled(hash)) throw error;
    }
    return true;
  }

  private async updateIndex(group: readonly StagedRun[], isFinal: boolean): Promise<void> {
    const present = group.filter(({ hash }) => existsSync(this.repository.meta(hash)));
    for (const { hash, files } of present) if (files === undefined) this.index.markOrphansObsolete(hash);
    if (group.length > 0) failpoint('group-moved');
    const hasNewRuns = present.some(({ hash }) => !this.metadata.has(hash));
    const changed = present.filter((run) => !this.isUnchanged(run)).map(({ hash }) => hash);
    await this.index.update(changed, { hasNewRuns, isFinal });
  }

  /** Whether a run was read again although nothing had changed: its index entries are correct. */
  private isUnchanged({ hash, files, revision, inputs }: StagedRun): boolean {
    const known = this.context.ledger.get(hash);
    return files === undefined && known?.revision === revision && known.inputs === inputs;
  }

  /** Returns the runs that a person has removed in Aim while they were being converted; nothing is left of them. */
  private writeRows(group: readonly StagedRun[]): ReadonlySet<string> {
    const { source } = this.context;
    const entries = group.map((run) => ({ ...run, source, unindexed: this.index.isStale(run.hash) }));
    const existed = new Set(group.filter(({ existsInAim }) => existsInAim).map(({ hash }) => hash));
    const removed = this.rows.write(entries, existed);
    for (const directory of [...removed].flatMap((hash) => [this.repository.meta(hash), this.repository.seqs(hash)])) {
      rmSync(directory, { recursive: true, force: true });
    }
    return removed;
  }
}
