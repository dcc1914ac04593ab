import { damageOfRun } from '../aim/run-files.js';
import { unreadParts } from '../mapping/unread-parts.js';
import { checkRuns } from '../run/check-runs.js';
import { type DecisionEnvironment, decideRun, failedReport } from '../run/decide-run.js';
import { RunNotices } from '../run/task/notice-list.js';
import type { CheckResult, ProgressCounts, RunConverter } from '../run/task/run-converter.js';
import { type RunResult, runReport } from '../run/task/run-result.js';
import type { RunTask } from '../run/task/run-task.js';
import { type RunContent, readContent } from './run-content.js';

/** What a conversion would do with a run. */
export interface PlannedRun extends RunResult {
  /** What the run holds, if it would be written. */
  readonly content?: RunContent;
}

/**
 * Takes the place of a converter in the pipeline, and only looks: its reports say what a conversion would do. What it decides by is
 * what a conversion decides by ({@link decideRun}), so the two agree, with one exception: a run of which something has changed may
 * turn out to be the same in Aim once it has been read and written.
 */
export class PlanningConverter implements RunConverter {
  readonly parallelism = 1;
  readonly #environment: DecisionEnvironment;
  readonly #signal: AbortSignal;

  constructor(environment: DecisionEnvironment, signal: AbortSignal) {
    this.#environment = environment;
    this.#signal = signal;
  }

  check(tasks: readonly RunTask[]): Promise<readonly CheckResult[]> {
    return checkRuns(tasks, this.#environment, this.#signal);
  }

  async convert(task: RunTask): Promise<PlannedRun> {
    const told = new RunNotices(this.#signal);
    const damage = task.existsInAim ? damageOfRun(this.#environment.repository, task.hash) : undefined;
    const planned = await this.#look(task, told, damage === undefined).catch((cause: unknown) => ({
      report: failedReport(cause, task, this.#environment, told),
    }));
    return damage === undefined ? planned : { ...planned, report: { ...planned.report, damage } };
  }

  async #look(task: RunTask, told: RunNotices, isSound: boolean): Promise<PlannedRun> {
    const { store, options } = this.#environment;
    const decision = await decideRun(task, this.#environment, told, isSound);
    if (decision.type === 'leave') return { report: decision.report };
    const { run } = decision.read;
    const content = await readContent(store, { ref: task.ref, run }, options.artifacts, told);
    const details = { run, notices: [...told.all, ...content.notices], unread: unreadParts(told.all) };
    return { report: runReport(task, task.existsInAim ? 'updated' : 'new', details), content };
  }

  async writeIndex(): Promise<never> {
    throw new Error('A plan writes no index.');
  }

  takeProgress(): ProgressCounts {
    return { points: 0, artifactBytes: 0 };
  }

  async stop(): Promise<void> {}
}
