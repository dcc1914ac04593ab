import { damageOfRun } from '../aim/run-files.js';
import { unreadParts } from '../mapping/unread-parts.js';
import type { Run } from '../model.js';
import type { RunReport } from '../outcome.js';
import { checkRuns } from '../run/check-runs.js';
import { type DecisionEnvironment, decideRun, failedReport } from '../run/decide-run.js';
import { RunNotices } from '../run/task/notice-list.js';
import type { CheckResult, ProgressCounts, RunConverter } from '../run/task/run-converter.js';
import { type RunResult, runReport } from '../run/task/run-result.js';
import type { RunTask } from '../run/task/run-task.js';
import { type RunContent, readContent } from './run-content.js';

/** A run that a conversion would write. */
export interface RunToWrite {
  readonly task: RunTask;
  readonly run: Run;
  readonly content: RunContent;
}

/**
 * Takes the place of a converter in the pipeline, and only looks: its reports say what a conversion would do. What it decides by is
 * what a conversion decides by ({@link decideRun}), so the two agree, with one exception: a run of which something has changed may
 * turn out to be the same in Aim once it has been read and written.
 */
export class PlanningConverter implements RunConverter {
  readonly parallelism = 1;
  readonly #environment: DecisionEnvironment;
  readonly #onWrite: (run: RunToWrite) => void;
  readonly #signal: AbortSignal;

  /** @param onWrite hears of each run that is to be written, before its report is returned */
  constructor(environment: DecisionEnvironment, onWrite: (run: RunToWrite) => void, signal: AbortSignal) {
    this.#environment = environment;
    this.#onWrite = onWrite;
    this.#signal = signal;
  }

  check(tasks: readonly RunTask[]): Promise<readonly CheckResult[]> {
    return checkRuns(tasks, this.#environment, this.#signal);
  }

  async convert(task: RunTask): Promise<RunResult> {
    const told = new RunNotices(this.#signal);
    const damage = task.existsInAim ? damageOfRun(this.#environment.repository, task.hash) : undefined;
    const report = await this.#look(task, told, damage === undefined).catch((cause: unknown) =>
      failedReport(cause, task, this.#environment, told),
    );
    return { report: damage === undefined ? report : { ...report, damage } };
  }

  async #look(task: RunTask, told: RunNotices, isSound: boolean): Promise<RunReport> {
    const { store, options } = this.#environment;
    const decision = await decideRun(task, this.#environment, told, isSound);
    if (decision.type === 'leave') return decision.report;
    const { run } = decision.read;
    const content = await readContent(store, { ref: task.ref, run }, options.artifacts, told);
    this.#onWrite({ task, run, content });
    const notices = [...told.all, ...content.notices];
    return runReport(task, task.existsInAim ? 'updated' : 'new', { run, notices, unread: unreadParts(told.all) });
  }

  async writeIndex(): Promise<never> {
    throw new Error('A plan writes no index.');
  }

  takeProgress(): ProgressCounts {
    return { points: 0, artifactBytes: 0 };
  }

  async stop(): Promise<void> {}
}
