import { existsSync } from 'node:fs';
import { isBeingTracked, wasWrittenByAim } from '../aim/run-files.js';
import { ConvertError, isOfWriting, toConvertError } from '../errors.js';
import { revisionWith } from '../family.js';
import type { Run } from '../model.js';
import type { RewriteReason, RunReport, SkipCode } from '../outcome.js';
import { inputsOf } from './inputs.js';
import { isStillUnread } from './still-unread.js';
import type { RunNotices } from './task/notice-list.js';
import type { RunEnvironment } from './task/run-environment.js';
import { type ReadRun, type ReadState, runReport } from './task/run-result.js';
import type { RunTask } from './task/run-task.js';

/** What a decision depends on besides the run. */
export type DecisionEnvironment = Pick<RunEnvironment, 'store' | 'repository' | 'options'>;

/** What is to be done about a run. */
export type Decision =
  /** Nothing; this is the reason. */
  | { readonly type: 'leave'; readonly report: RunReport }
  /** The run is written; if there is a reason, it cannot be appended to. */
  | { readonly type: 'write'; readonly read: ReadRun; readonly obstacle?: RewriteReason };

/**
 * Reads the header of a run, and decides whether it must be written. Writes nothing: a conversion acts on the decision, a
 * plan reports it. Rejects with an error that {@link failedReport} turns into a report.
 *
 * @param isSound the run's files in Aim, if any, are intact
 */
export async function decideRun(
  task: RunTask,
  environment: DecisionEnvironment,
  told: RunNotices,
  isSound: boolean,
): Promise<Decision> {
  const { ref, known } = task;
  const { store, repository } = environment;
  const revision = task.revision ?? revisionWith(await store.revision(ref, told.signal), task.family);
  const state: ReadState = { revision, inputs: inputsOf(task, environment) };
  const isOurs = isSound && !wasWrittenByAim(repository, task.hash);
  if (isOurs && isUpToDate(task, state)) return unchanged(task);

  const run = await store.run(ref, told.header);
  const code = skipCode(task, run, environment);
  if (code !== undefined) return { type: 'leave', report: runReport(task, 'skipped', { run, code }) };
  if (task.isDuplicateId) {
    throw new ConvertError(
      'skip-run',
      'duplicate-run-id',
      `The run id ${ref.runId} occurs twice in the source; the other run was converted.`,
    );
  }

  const isUnreadStill = await isStillUnread(known?.again ?? [], { ref, run, header: told.header }, store);
  if (isOurs && isUnreadStill && isAsConverted(task, state)) return unchanged(task, run);
  const obstacle = isOurs ? (isUnreadStill ? undefined : 'readable-again') : 'changed-in-aim';
  return { type: 'write', read: { task, run, state }, ...(obstacle !== undefined && { obstacle }) };
}

/** The report of a run that could not be read or written; throws errors that concern the whole conversion. */
export function failedReport(
  cause: unknown,
  task: RunTask,
  { repository }: Pick<RunEnvironment, 'repository'>,
  told: RunNotices,
): RunReport {
  const error = errorOfRun(cause, task, repository.path, told.signal);
  const details = { reason: error.sentence, notices: told.all };
  if (error.kind === 'not-a-run') return runReport(task, 'skipped', { ...details, code: 'not-a-run' });
  const where = error.where === undefined ? {} : { where: error.where };
  return runReport(task, 'failed', { ...details, ...where, code: error.code });
}

/** The error of this run; throws one that concerns the whole conversion. */
export function errorOfRun(cause: unknown, { ref }: RunTask, repository: string, signal: AbortSignal): ConvertError {
  if (signal.aborted) throw cause;
  const error = toConvertError(cause, 'skip-run', isOfWriting(cause) ? repository : `run ${ref.runId}`);
  if (error.kind === 'fatal') throw error;
  return error;
}

/** Whether a run is unchanged since its conversion, and no part of it must be tried again. */
export function isUpToDate(task: RunTask, state: ReadState): boolean {
  return (task.known?.again ?? []).length === 0 && isAsConverted(task, state);
}

/** Whether a conversion would read and write the same again. */
function isAsConverted({ known, now }: RunTask, { revision, inputs }: ReadState): boolean {
  if (known === undefined || known.forced || known.revision !== revision || known.inputs !== inputs) return false;
  return known.reviewAt === null || now < known.reviewAt;
}

function unchanged(task: RunTask, run?: Run): Decision {
  const unread = task.known?.unread ?? [];
  return { type: 'leave', report: runReport(task, 'unchanged', { ...(run !== undefined && { run }), unread }) };
}

function skipCode(
  { hash, experiment }: RunTask,
  run: Run,
  { repository, options }: DecisionEnvironment,
): SkipCode | undefined {
  const deleted = run.lifecycleStage === 'deleted' || experiment.lifecycleStage === 'deleted';
  if (deleted && !options.includeDeleted) return 'deleted';
  if (!existsSync(repository.meta(hash))) return undefined;
  if (isBeingTracked(repository, hash)) return 'tracked-by-aim';
  if (wasWrittenByAim(repository, hash) && !options.overwrite) return 'changed-by-aim';
  return undefined;
}
