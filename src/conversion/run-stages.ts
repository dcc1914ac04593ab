import type { Repository } from '../aim/repository.js';
import { removeStaged, stagedFiles } from '../aim/run-files.js';
import type { RunReport } from '../outcome.js';
import type { ConvertedRun, Stages } from '../pipeline.js';
import type { Publisher } from '../publish/publisher.js';
import type { KeptNotices } from '../run/task/kept-notices.js';
import type { RunConverter } from '../run/task/run-converter.js';
import { type RunResult, runReport } from '../run/task/run-result.js';
import type { RunTask } from '../run/task/run-task.js';
import { isWorkerLoss } from '../run/worker-loss.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';
import type { AcceptedMissing } from '../state/accepted-missing.js';
import type { Deletions } from '../state/deletions.js';
import type { CheckedRun, CheckReason, KnownRuns } from '../state/known-runs.js';
import type { RecordedPolicies } from '../state/recorded-policies.js';
import type { DamagedRuns } from './damaged-runs.js';
import type { PendingReports } from './pending-reports.js';
import { RunIds } from './run-ids.js';

/** Batches checked at the same time for each run in progress, so that no worker waits for its next run. */
const CHECKS_PER_RUN = 2;

/**
 * A reference takes a few hundred bytes. If there are more runs than this, their number is known once only this many are
 * left.
 */
const LISTED_AHEAD = 50_000;

/** What the stages work with. */
export interface StageParts {
  readonly repository: Repository;
  readonly converter: RunConverter;
  readonly known: KnownRuns;
  readonly deletions: Deletions;
  readonly accepted: AcceptedMissing;
  readonly policies: Pick<RecordedPolicies, 'remember'>;
  readonly publisher: Pick<Publisher, 'add'>;
  readonly reports: PendingReports;
  readonly damaged: DamagedRuns;
  /** Whether the converter was stopped on purpose. */
  readonly isStopped: () => boolean;
}

/** The stages of one pass: how a run is checked, converted and published, and which runs are left alone. */
export class RunStages implements Stages {
  readonly runsAtOnce: number;
  readonly checksAtOnce: number;
  readonly listedAhead?: number;
  readonly #parts: StageParts;
  readonly #ids = new RunIds();
  readonly #reason: CheckReason;

  /**
   * @param reason why exactly these runs are checked
   * @param listsAhead whether their number should soon be known
   */
  constructor(parts: StageParts, runsAtOnce: number, reason: CheckReason, listsAhead: boolean) {
    this.#parts = parts;
    this.runsAtOnce = runsAtOnce;
    this.checksAtOnce = CHECKS_PER_RUN * Math.min(runsAtOnce, parts.converter.parallelism);
    this.#reason = reason;
    if (listsAhead) this.listedAhead = LISTED_AHEAD;
  }

  check(batch: readonly EnumeratedRun[]): Promise<CheckedRun[]> {
    return this.#parts.known.check(batch, this.#reason);
  }

  /** Runs with one id are taken one after the other, and only the first that is a run is converted. */
  convert(run: CheckedRun): Promise<ConvertedRun> {
    return this.#ids.claim(run.hash, async (isDuplicateId) => {
      const converted = await this.#convert(isDuplicateId ? { ...run, isDuplicateId } : run);
      // a deleted run with the same id may have come before
      if (converted.report.outcome !== 'skipped') this.#parts.deletions.discard(run.hash);
      return converted;
    });
  }

  async publish({ task, report, staged, active }: ConvertedRun): Promise<void> {
    const { known, accepted, policies, damaged, publisher, reports } = this.#parts;
    damaged.note(report);
    // up-to-date runs have the inputs of this conversion
    const inputs = staged?.inputs ?? (report.outcome === 'unchanged' ? task.known?.inputs : undefined);
    if (inputs !== undefined) policies.remember(inputs);
    if (staged === undefined) {
      if (report.outcome === 'unchanged') return reports.unchanged(task, report, active);
      return reports.done(task, report, active);
    }
    if (task.existsInAim && known.wasRemoved(task)) {
      if (staged.files !== undefined) removeStaged(staged.files);
      return reports.done(task, removed(task));
    }
    const told = accepted.told(report, staged);
    if (told.outcome === 'unchanged') reports.done(task, told, active);
    else reports.ready(task, told, active);
    await publisher.add(staged);
  }

  async #convert({ isUpToDate, wasActive, notices, ...task }: CheckedRun): Promise<ConvertedRun> {
    const { known, deletions } = this.#parts;
    if (isUpToDate && !task.isDuplicateId) {
      const report = withNotices(runReport(task, 'unchanged', { unread: task.known?.unread ?? [] }), notices);
      return { task, report, ...(wasActive !== undefined && { active: wasActive }) };
    }
    if (known.isLeftOut(task)) {
      if (!task.isDuplicateId) deletions.add(task.hash);
      return { task, report: runReport(task, 'skipped', { code: 'deleted' }) };
    }
    if (known.wasRemoved(task) && !task.isDuplicateId) return { task, report: removed(task) };
    const result = await this.#convertBy(task);
    if (result.report.code === 'deleted' && !task.isDuplicateId) deletions.add(task.hash);
    const active = result.staged?.active;
    const isAsItWas = result.report.outcome === 'unchanged' && result.staged === undefined;
    const report = isAsItWas ? withNotices(result.report, notices) : result.report;
    return { task, ...result, report, ...(active !== undefined && { active }) };
  }

  async #convertBy(task: RunTask): Promise<RunResult> {
    const { converter, repository, isStopped } = this.#parts;
    try {
      return await converter.convert(task);
    } catch (cause) {
      if (isStopped() || !isWorkerLoss(cause)) throw cause;
      removeStaged(stagedFiles(repository, task.hash));
      return { report: runReport(task, 'failed', { code: cause.code, reason: cause.sentence }) };
    }
  }
}

/** The report of an unchanged run, with what is remembered about it. */
function withNotices(report: RunReport, kept: KeptNotices | undefined): RunReport {
  if (kept === undefined) return report;
  const { notices, more } = kept;
  return { ...report, notices, ...(more !== undefined && { noticesMore: more }) };
}

function removed(task: RunTask): RunReport {
  return runReport(task, 'skipped', { code: 'removed-in-aim' });
}
