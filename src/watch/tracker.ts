import { monotonicNow } from '../clock.js';
import type { ProcessedRun } from '../conversion/run-news.js';
import { errorCode } from '../errors.js';
import type { ConvertEvents } from '../events.js';
import type { ChangeSignal } from '../mlflow/common/tracking-store.js';
import type { Experiment } from '../model.js';
import { DELETED, REMOVED } from '../outcome.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import type { SourceChange } from './change-queue.js';
import { DirectoryWatcher } from './directory-watcher.js';
import { FailureFilter } from './failure-filter.js';
import { FileWatcher } from './file-watcher.js';
import { PollingWatcher } from './polling-watcher.js';
import type { SourceWatcher } from './source-watcher.js';

/** Between two looks where there are no events; milliseconds. */
const POLL_EVERY = 1_000;

/** What appeared as a run's directory and has not become a run for so long is not watched any more; milliseconds. */
const LONGEST_YOUTH = 600_000;

/** Knows which runs of a watch go on, and keeps what gives hints about them in step with that. */
export class Tracker {
  private readonly troubles = new FailureFilter();
  private readonly going = new Map<string, EnumeratedRun>();
  /** Runs of which there is a hint and no more yet, with the time of that. */
  private readonly young = new Map<string, { readonly run: EnumeratedRun; readonly since: number }>();
  private known = new Map<string, Experiment>();
  private follower: SourceWatcher | undefined;

  constructor(
    private readonly changes: ChangeSignal,
    poll: boolean,
    private readonly hint: (hint: SourceChange) => void,
    private readonly events: ConvertEvents,
  ) {
    this.follower = poll ? this.polling() : this.listening();
  }

  /** How it learns of changes. */
  get how(): 'events' | 'polling' {
    return this.follower?.how ?? 'polling';
  }

  /** How many runs go on. */
  get active(): number {
    return this.going.size;
  }

  experiment(id: string): Experiment | undefined {
    return this.known.get(id);
  }

  /** The experiments, each with the ids of its runs that go on as far as is known. */
  *goingOn(): Generator<{ readonly experiment: Experiment; readonly runIds: readonly string[] }> {
    const ids = new Map<string, string[]>();
    for (const { experiment, ref } of this.going.values()) {
      const mine = ids.get(experiment.id) ?? [];
      mine.push(ref.runId);
      ids.set(experiment.id, mine);
    }
    for (const experiment of this.known.values()) yield { experiment, runIds: ids.get(experiment.id) ?? [] };
  }

  /** These are the experiments now; gives those that are new or have changed. */
  experiments(experiments: readonly Experiment[]): Experiment[] {
    const before = this.known;
    this.known = new Map(experiments.map((experiment) => [experiment.id, experiment]));
    this.follower?.experiments([...this.known.keys()]);
    return experiments.filter((experiment) => {
      const known = before.get(experiment.id);
      return known === undefined || essence(known) !== essence(experiment);
    });
  }

  /** There is a hint of this run: it is watched until it is known whether it goes on. */
  meet(hash: string, run: EnumeratedRun): void {
    if (this.going.has(hash) || this.young.has(hash)) return;
    this.young.set(hash, { run, since: monotonicNow() });
    this.follower?.follow(hash, run);
  }

  /** A run has been dealt with; tells whether that is news. `first` in the first pass. */
  passed({ run, report, active }: ProcessedRun, first: boolean): boolean {
    const hash = report.runHash;
    const { outcome, reason } = report;
    if (active === true) {
      this.young.delete(hash);
      this.going.set(hash, run);
      this.follower?.follow(hash, run);
    } else if (active === false || outcome === 'unchanged' || reason === DELETED || reason === REMOVED) {
      this.leave(hash);
    }
    const isNews = this.troubles.isNews(report, first);
    return isNews && (first || reason !== DELETED);
  }

  /** The run is over. */
  leave(hash: string): void {
    this.young.delete(hash);
    this.going.delete(hash);
    this.troubles.forget(hash);
    this.follower?.leave(hash);
  }

  /** Forgets what never became a run. */
  tidy(): void {
    for (const [hash, { since }] of this.young) if (monotonicNow() - since > LONGEST_YOUTH) this.leave(hash);
  }

  async close(): Promise<void> {
    await this.follower?.close();
  }

  private listening(): SourceWatcher | undefined {
    const onError = (error: unknown) => this.cannotListen(error);
    if (this.changes.type === 'directory') return new DirectoryWatcher(this.changes.root, this.hint, onError);
    if (this.changes.type === 'file') return new FileWatcher(this.changes.file, this.hint, onError);
    return undefined;
  }

  private polling(): SourceWatcher | undefined {
    return this.changes.type === 'directory' ? new PollingWatcher(this.changes.root, this.hint, POLL_EVERY) : undefined;
  }

  /** Begins anew with what it follows now. */
  restart(): void {
    this.replace(this.how === 'polling' ? this.polling() : this.listening());
  }

  private replace(follower: SourceWatcher | undefined): void {
    this.follower?.close().catch(() => {});
    this.follower = follower;
    follower?.experiments([...this.known.keys()]);
    for (const [hash, run] of this.going) follower?.follow(hash, run);
    for (const [hash, { run }] of this.young) follower?.follow(hash, run);
  }

  /** What cannot be watched is polled from then on, as soon as that concerns more than one directory. */
  private cannotListen(error: unknown): void {
    const code = errorCode(error);
    if (this.how === 'polling' || code === 'ENOENT' || code === 'EACCES' || code === 'EPERM') return;
    this.replace(this.polling());
    const limit = 'the system has no more watches to give; raise fs.inotify.max_user_watches';
    const reason = code === 'ENOSPC' || code === 'EMFILE' ? limit : String(code ?? error);
    this.events.emit('warning', {
      message: `Changes cannot be listened for (${reason}), so the source is looked at again and again from now on.`,
    });
  }
}

function essence({ tags, ...experiment }: Experiment): string {
  return JSON.stringify([experiment, [...tags].sort()]);
}
