import { monotonicNow } from '../clock.js';
import type { ProcessedRun } from '../conversion/pending-reports.js';
import { errorCode } from '../errors.js';
import type { ConvertEvents } from '../events.js';
import type { Experiment } from '../model.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import type { SourceChange } from './change-queue.js';
import { FailureFilter } from './failure-filter.js';
import type { OpenWatcher, SourceWatcher } from './source-watcher.js';

/** A directory that has not become a run within this time is no longer watched; milliseconds. */
const LONGEST_CANDIDACY = 600_000;

/** Errors that concern one directory only. */
const OF_ONE_DIRECTORY: ReadonlySet<string | undefined> = new Set(['ENOENT', 'EACCES', 'EPERM']);

interface Candidate {
  readonly run: EnumeratedRun;
  readonly since: number;
}

/** Knows the experiments and the active runs of a watch, and keeps the source watcher in step with them. */
export class Tracker {
  private readonly failures = new FailureFilter();
  private readonly activeRuns = new Map<string, EnumeratedRun>();
  /** Runs that have changed, and may or may not be active. */
  private readonly candidates = new Map<string, Candidate>();
  private known = new Map<string, Experiment>();
  private watcher: SourceWatcher | undefined;

  constructor(
    private readonly openWatcher: OpenWatcher,
    poll: boolean,
    private readonly onChange: (change: SourceChange) => void,
    private readonly events: ConvertEvents,
  ) {
    this.watcher = this.open(poll ? 'polling' : 'events');
  }

  /** How changes are noticed. */
  get how(): 'events' | 'polling' {
    return this.watcher?.how ?? 'polling';
  }

  /** The number of active runs. */
  get active(): number {
    return this.activeRuns.size;
  }

  experiment(id: string): Experiment | undefined {
    return this.known.get(id);
  }

  /** All experiments, each with the ids of its runs that are known to be active. */
  *activeByExperiment(): Generator<{ readonly experiment: Experiment; readonly runIds: readonly string[] }> {
    const ids = new Map<string, string[]>();
    for (const { experiment, ref } of this.activeRuns.values()) {
      const mine = ids.get(experiment.id) ?? [];
      mine.push(ref.runId);
      ids.set(experiment.id, mine);
    }
    for (const experiment of this.known.values()) yield { experiment, runIds: ids.get(experiment.id) ?? [] };
  }

  /** The runs that are known to be active. */
  followed(): EnumeratedRun[] {
    return [...this.activeRuns.values()];
  }

  isFollowed(hash: string): boolean {
    return this.activeRuns.has(hash);
  }

  /** Sets the current experiments; returns those that are new or have changed. */
  updateExperiments(experiments: readonly Experiment[]): Experiment[] {
    const before = this.known;
    this.known = new Map(experiments.map((experiment) => [experiment.id, experiment]));
    this.watcher?.setExperiments([...this.known.keys()]);
    return experiments.filter((experiment) => {
      const known = before.get(experiment.id);
      return known === undefined || essence(known) !== essence(experiment);
    });
  }

  /** The run has changed: it is watched until it is known whether it is active. */
  addCandidate(hash: string, run: EnumeratedRun): void {
    if (this.activeRuns.has(hash) || this.candidates.has(hash)) return;
    this.candidates.set(hash, { run, since: monotonicNow() });
    this.watcher?.watchRun(hash, run);
  }

  /** A run has been processed; returns whether to report it. `isFirst` is set in the first pass. */
  processed({ run, report, active }: ProcessedRun, isFirst: boolean): boolean {
    const hash = report.runHash;
    const { outcome, code } = report;
    if (active === true) {
      this.candidates.delete(hash);
      this.activeRuns.set(hash, run);
      this.watcher?.watchRun(hash, run);
    } else if (active === false || outcome === 'unchanged' || code === 'deleted' || code === 'removed-in-aim') {
      this.forget(hash);
    }
    const isNews = this.failures.isNews(report, isFirst);
    return isNews && (isFirst || code !== 'deleted');
  }

  /** The run has ended, or no longer exists. */
  forget(hash: string): void {
    this.candidates.delete(hash);
    this.activeRuns.delete(hash);
    this.failures.forget(hash);
    this.watcher?.unwatchRun(hash);
  }

  /** Forgets directories that never became runs. */
  dropStaleCandidates(): void {
    for (const [hash, { since }] of this.candidates) {
      if (monotonicNow() - since > LONGEST_CANDIDACY) this.forget(hash);
    }
  }

  /** Opens a new watcher for the same places: the files may have been replaced. */
  restart(): void {
    this.replace(this.how);
  }

  async close(): Promise<void> {
    await this.watcher?.close();
  }

  private open(how: 'events' | 'polling'): SourceWatcher | undefined {
    return this.openWatcher(how, { onChange: this.onChange, onError: (error) => this.fallBack(error) });
  }

  private replace(how: 'events' | 'polling'): void {
    this.watcher?.close().catch(() => {});
    this.watcher = this.open(how);
    this.watcher?.setExperiments([...this.known.keys()]);
    for (const [hash, run] of this.activeRuns) this.watcher?.watchRun(hash, run);
    for (const [hash, { run }] of this.candidates) this.watcher?.watchRun(hash, run);
  }

  /** Switches to polling, unless the error concerns one directory only, which reconciliation covers. */
  private fallBack(error: unknown): void {
    const code = errorCode(error);
    if (this.how === 'polling' || OF_ONE_DIRECTORY.has(code)) return;
    this.replace('polling');
    const limit = 'the system has no more watches to give; raise fs.inotify.max_user_watches';
    const reason = code === 'ENOSPC' || code === 'EMFILE' ? limit : String(code ?? error);
    const message = `Cannot watch for changes (${reason}); falling back to polling.`;
    this.events.emit('warning', { code: 'polling', message });
  }
}

function essence({ tags, ...experiment }: Experiment): string {
  return JSON.stringify([experiment, [...tags].sort()]);
}
