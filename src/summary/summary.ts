import { performance } from 'node:perf_hooks';
import type { ErrorCode } from '../errors.js';
import { type ConvertEventMap, type ConvertEvents, listen } from '../events.js';
import type { ArtifactSkipReason, Notice, RunPart, UnreadPart } from '../model.js';
import type { DeletedRun, SkipCode } from '../outcome.js';
import { emptyCounts, type RunCounts, type RunOutcome, type RunReport } from '../outcome.js';
import { fileExtension } from './file-extension.js';
import { runReason } from './run-text.js';
import { OTHERS, Tally } from './tally.js';

/** Failed runs that are named one by one; the others are counted. */
const FAILED_RUNS_NAMED = 10;
/** Sentences can hold names, and extensions can be step numbers: only so many different ones are counted apart. */
const REASONS_KEPT = 20;
const EXTENSIONS_KEPT = 200;

/** A run that failed, as the summary names it. */
export interface FailedRun {
  readonly runId: string;
  readonly runName?: string;
  readonly experiment: string;
  readonly code: ErrorCode;
  readonly where?: string;
  readonly reason: string;
}

/**
 * All of a conversion in numbers: what the library's functions resolve to, and the `summary` of the report file and of the JSON
 * log. Of a watch, each time that a run was written counts.
 */
export interface ConversionSummary extends RunCounts {
  /** Whether no run failed, none is incomplete, and every experiment could be read. */
  readonly complete: boolean;
  /** Experiments of which runs were listed. */
  readonly experiments: number;
  /** Experiments that could not be read at all, nor their runs. */
  readonly experimentsFailed: number;
  readonly runs: Readonly<Record<RunOutcome, number>>;
  /** Traces of these experiments, which stay in MLflow. */
  readonly traces: number;
  /** Whether there are more of them than were counted. */
  readonly tracesMore: boolean;
  /** Converted runs that MLflow has deleted or lost, by what was done about them. */
  readonly runsDeleted: Readonly<Record<DeletedRun['action'], number>>;
  /** Runs that have become visible in Aim. */
  readonly runsPublished: number;
  /** Runs that were built and not published, because the conversion was interrupted or failed. */
  readonly runsUnpublished: number;
  /** Artifacts that were not transferred; `extension` is in lower case with its dot, or empty. */
  readonly artifactsSkipped: ReadonlyArray<{ reason: ArtifactSkipReason | 'other'; extension: string; files: number }>;
  /** Runs whose artifacts could not be reached at all, and are not accepted as missing. */
  readonly runsWithoutArtifacts: number;
  /** Runs of which something could not be read: in Aim they are as they were, as far as that goes. */
  readonly runsIncomplete: number;
  /** Of those, how many lack what: a run that lacks two parts counts in both. */
  readonly unreadParts: Readonly<Partial<Record<RunPart, number>>>;
  readonly skippedRuns: ReadonlyArray<{ code: SkipCode | 'other'; reason: string; runs: number }>;
  /** Runs that failed, by the code of their error. */
  readonly failureCodes: Readonly<Partial<Record<ErrorCode, number>>>;
  /** The first ten. */
  readonly failedRuns: readonly FailedRun[];
  /** How often each kind of notice was given, unchanged runs aside. */
  readonly notices: Readonly<Partial<Record<Notice['kind'], number>>>;
  /** Warnings about the conversion as a whole. */
  readonly warnings: number;
  readonly seconds: number;
  readonly runsPerSecond: number;
  readonly pointsPerSecond: number;
}

/** Adds up what {@link ConvertEvents} tell. Its size does not depend on the number of runs. */
export class Summary {
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #counts = emptyCounts();
  readonly #runs: Record<RunOutcome, number> = { new: 0, updated: 0, unchanged: 0, skipped: 0, failed: 0 };
  readonly #deleted: Record<DeletedRun['action'], number> = { archived: 0, removed: 0, kept: 0 };
  readonly #notices: Partial<Record<Notice['kind'], number>> = {};
  readonly #artifactsSkipped = new Tally(EXTENSIONS_KEPT);
  readonly #skippedRuns = new Tally(REASONS_KEPT);
  readonly #failureCodes: Partial<Record<ErrorCode, number>> = {};
  readonly #failedRuns: FailedRun[] = [];
  readonly #unreadParts: Partial<Record<RunPart, number>> = {};
  #traces = { traces: 0, more: false };
  #withoutArtifacts = 0;
  #incomplete = 0;
  #experiments = 0;
  #experimentsFailed = 0;
  #published = 0;
  /** Runs that are ready and not done: no more than wait for their group to be published. */
  readonly #waiting = new Set<string>();
  #warnings = 0;
  readonly #stopListening: () => void;

  /** @param now milliseconds of a clock that never goes back */
  constructor(events: ConvertEvents, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#startedAt = now();
    this.#stopListening = listen<ConvertEventMap>(events, {
      experiment: () => {
        this.#experiments += 1;
      },
      traces: (count) => {
        this.#traces = count;
      },
      'experiment:failed': () => {
        this.#experimentsFailed += 1;
      },
      'run:ready': ({ runHash }) => void this.#waiting.add(runHash),
      'run:done': (run) => this.#addRun(run),
      'run:deleted': ({ action }) => {
        this.#deleted[action] += 1;
      },
      publish: ({ runs }) => {
        this.#published += runs;
      },
      warning: () => {
        this.#warnings += 1;
      },
    });
  }

  /** Counts no more; the events may go on to somebody else. */
  close(): void {
    this.#stopListening();
  }

  /** The numbers so far. */
  numbers(): ConversionSummary {
    const seconds = (this.#now() - this.#startedAt) / 1000;
    const runsDone = Object.values(this.#runs).reduce((sum, runs) => sum + runs, 0);
    const perSecond = (amount: number) => (seconds > 0 ? amount / seconds : 0);
    return {
      complete: this.#runs.failed + this.#incomplete + this.#experimentsFailed === 0,
      experiments: this.#experiments,
      experimentsFailed: this.#experimentsFailed,
      runs: { ...this.#runs },
      traces: this.#traces.traces,
      tracesMore: this.#traces.more,
      runsDeleted: { ...this.#deleted },
      runsPublished: this.#published,
      runsUnpublished: this.#waiting.size,
      ...this.#counts,
      artifacts: { ...this.#counts.artifacts },
      artifactsSkipped: this.#artifactsSkipped.entries().map(([key, files]) => ({ ...splitSkipKey(key), files })),
      runsWithoutArtifacts: this.#withoutArtifacts,
      runsIncomplete: this.#incomplete,
      unreadParts: { ...this.#unreadParts },
      skippedRuns: this.#skippedRuns.entries().map(([key, runs]) => ({ ...splitRunKey(key), runs })),
      failureCodes: { ...this.#failureCodes },
      failedRuns: [...this.#failedRuns],
      notices: { ...this.#notices },
      warnings: this.#warnings,
      seconds,
      runsPerSecond: perSecond(runsDone),
      pointsPerSecond: perSecond(this.#counts.points),
    };
  }

  #addRun(run: RunReport): void {
    this.#waiting.delete(run.runHash);
    this.#runs[run.outcome] += 1;
    addCounts(this.#counts, run.counts);
    if (run.outcome !== 'unchanged') for (const notice of run.notices) this.#addNotice(notice);
    this.#addUnread(run.incomplete ?? []);
    if (run.outcome === 'skipped') this.#skippedRuns.add(`${run.code} ${runReason(run)}`);
    if (run.outcome === 'failed') this.#addFailed(failedRun(run));
  }

  #addFailed(run: FailedRun): void {
    this.#failureCodes[run.code] = (this.#failureCodes[run.code] ?? 0) + 1;
    if (this.#failedRuns.length < FAILED_RUNS_NAMED) this.#failedRuns.push(run);
  }

  #addUnread(unread: readonly UnreadPart[]): void {
    if (unread.length === 0) return;
    this.#incomplete += 1;
    if (unread.some(({ part, item }) => part === 'artifacts' && item === undefined)) this.#withoutArtifacts += 1;
    for (const part of new Set(unread.map(({ part }) => part))) {
      this.#unreadParts[part] = (this.#unreadParts[part] ?? 0) + 1;
    }
  }

  #addNotice(notice: Notice): void {
    this.#notices[notice.kind] = (this.#notices[notice.kind] ?? 0) + 1;
    if (notice.kind === 'artifact-skipped') this.#artifactsSkipped.add(skipKey(notice.reason, notice.path));
  }
}

function addCounts(sum: RunCounts, run: RunCounts): void {
  sum.metrics += run.metrics;
  sum.points += run.points;
  sum.pointsCollapsed += run.pointsCollapsed;
  sum.metricsRenumbered += run.metricsRenumbered;
  sum.params += run.params;
  sum.tags += run.tags;
  sum.artifacts.image += run.artifacts.image;
  sum.artifacts.text += run.artifacts.text;
  sum.artifacts.audio += run.artifacts.audio;
  sum.artifacts.figure += run.artifacts.figure;
  sum.artifactsListed += run.artifactsListed;
  sum.artifactBytes += run.artifactBytes;
  sum.bytesWritten += run.bytesWritten;
}

function failedRun(run: RunReport): FailedRun {
  const { runId, runName, experiment, code, where } = run;
  return {
    runId,
    ...(runName !== undefined && { runName }),
    experiment,
    code: (code as ErrorCode | undefined) ?? 'unexpected',
    ...(where !== undefined && { where }),
    reason: runReason(run),
  };
}

/** No code has a space, and neither has the tally's own key for the rest. */
function splitRunKey(key: string): { code: SkipCode | 'other'; reason: string } {
  const end = key.indexOf(' ');
  return end < 0
    ? { code: 'other', reason: OTHERS }
    : { code: key.slice(0, end) as SkipCode, reason: key.slice(end + 1) };
}

/** No reason holds a space, and the tally's own key for the rest has none. */
function skipKey(reason: ArtifactSkipReason, path: string): string {
  return `${reason} ${fileExtension(path)}`;
}

function splitSkipKey(key: string): { reason: ArtifactSkipReason | 'other'; extension: string } {
  const [reason, extension = ''] = key.split(' ', 2);
  return { reason: reason as ArtifactSkipReason | 'other', extension };
}
