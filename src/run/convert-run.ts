import { existsSync } from 'node:fs';
import { damageOfRun, isBeingTracked, removeStaged, stagedFiles, wasWrittenByAim } from '../aim/run-files.js';
import { ConvertError, isOfWriting, toConvertError } from '../errors.js';
import { isActive, type Run } from '../model.js';
import type { RewriteReason, SkipCode } from '../outcome.js';
import { appendRun } from './append/append-run.js';
import { buildRun } from './build-run.js';
import { inputsOf } from './inputs.js';
import { isStillUnread } from './still-unread.js';
import { RunNotices } from './task/notice-list.js';
import type { RunEnvironment } from './task/run-environment.js';
import { awaitedOf, placesOf } from './task/run-places.js';
import { type BuiltRun, type ReadRun, type ReadState, type RunResult, runReport } from './task/run-result.js';
import type { RunTask } from './task/run-task.js';

/**
 * Brings one run from MLflow whole into the staging directory, or reports why not. Rejects only when the signal is aborted or
 * with an error that is fatal to the whole conversion.
 */
export async function convertRun(task: RunTask, environment: RunEnvironment, signal: AbortSignal): Promise<RunResult> {
  const told = new RunNotices(signal);
  // Aim lists the run, so nobody has removed it: missing files are damage
  const damage = task.existsInAim ? damageOfRun(environment.repository, task.hash) : undefined;
  const result = await convertIntact(task, environment, told, damage === undefined).catch((cause: unknown) => {
    const error = errorOf(cause, task, environment, signal);
    const details = { reason: error.sentence, notices: told.all };
    if (error.kind === 'not-a-run') return { report: runReport(task, 'skipped', { ...details, code: 'not-a-run' }) };
    const where = error.where === undefined ? {} : { where: error.where };
    return { report: runReport(task, 'failed', { ...details, ...where, code: error.code }) };
  });
  return damage === undefined ? result : { ...result, report: { ...result.report, damage } };
}

/** @param isSound the run's files in Aim, if there are any, are intact */
async function convertIntact(
  task: RunTask,
  environment: RunEnvironment,
  told: RunNotices,
  isSound: boolean,
): Promise<RunResult> {
  const { ref, known } = task;
  const { store, repository } = environment;
  const revision = task.revision ?? (await store.revision(ref, told.signal));
  const state: ReadState = { revision, inputs: inputsOf(task, environment) };
  const isOurs = isSound && !wasWrittenByAim(repository, task.hash);
  if (isOurs && isUpToDate(task, state)) return unchanged(task);

  const run = await store.run(ref, told.header);
  const code = skipCode(task, run, environment);
  if (code !== undefined) return { report: runReport(task, 'skipped', { run, code }) };
  if (task.isDuplicateId) {
    throw new ConvertError(
      'skip-run',
      'duplicate-run-id',
      `The run id ${ref.runId} occurs twice in the source; the other run was converted.`,
    );
  }

  const isUnreadStill = await isStillUnread(known?.again ?? [], { ref, run, header: told.header }, store);
  if (isOurs && isUnreadStill && isAsConverted(task, state)) return unchanged(task, run);
  const read: ReadRun = { task, run, state };
  const obstacle = isOurs ? (isUnreadStill ? undefined : 'readable-again') : 'changed-in-aim';
  const appended = obstacle ?? (await tryToAppend(read, environment, told));
  if (typeof appended !== 'string') return resultOf(task, appended, environment);
  const built = await buildRun(read, environment, told);
  const isRewrite = task.existsInAim && isActive(run);
  return resultOf(task, isRewrite ? rewritten(built, appended) : built, environment);
}

function rewritten(built: BuiltRun, reason: RewriteReason): BuiltRun {
  return { ...built, details: { ...built.details, rewritten: reason } };
}

/** Whether a run is as it was converted, and no part of it has to be tried again. */
export function isUpToDate(task: RunTask, state: ReadState): boolean {
  return (task.known?.again ?? []).length === 0 && isAsConverted(task, state);
}

/** Whether a conversion would read and write the same again. */
function isAsConverted({ known, now }: RunTask, { revision, inputs }: ReadState): boolean {
  if (known === undefined || known.revision !== revision || known.inputs !== inputs) return false;
  return known.reviewAt === null || now < known.reviewAt;
}

function unchanged(task: RunTask, run?: Run): RunResult {
  const unread = task.known?.unread ?? [];
  return { report: runReport(task, 'unchanged', { ...(run !== undefined && { run }), unread }) };
}

function skipCode(
  { hash, experiment }: RunTask,
  run: Run,
  { repository, options }: RunEnvironment,
): SkipCode | undefined {
  const deleted = run.lifecycleStage === 'deleted' || experiment.lifecycleStage === 'deleted';
  if (deleted && !options.includeDeleted) return 'deleted';
  if (!existsSync(repository.meta(hash))) return undefined;
  if (isBeingTracked(repository, hash)) return 'tracked-by-aim';
  if (wasWrittenByAim(repository, hash) && !options.overwrite) return 'changed-by-aim';
  return undefined;
}

/** An error here (a damaged table, say) need not prevent writing the run anew. */
async function tryToAppend(
  read: ReadRun,
  environment: RunEnvironment,
  { header, signal }: RunNotices,
): Promise<BuiltRun | RewriteReason> {
  const { task, run, state } = read;
  const { appendState, inputs } = task.known ?? {};
  if (inputs !== undefined && inputs !== state.inputs) return 'inputs-changed';
  if (appendState === undefined || !isActive(run)) return 'no-state';
  try {
    return await appendRun(read, appendState, environment, header);
  } catch (cause) {
    errorOf(cause, task, environment, signal);
    removeStaged(stagedFiles(environment.repository, task.hash));
    return 'append-failed';
  }
}

/** The error of this run; throws one that concerns the whole conversion. */
function errorOf(cause: unknown, { ref }: RunTask, { repository }: RunEnvironment, signal: AbortSignal): ConvertError {
  if (signal.aborted) throw cause;
  const error = toConvertError(cause, 'skip-run', isOfWriting(cause) ? repository.path : `run ${ref.runId}`);
  if (error.kind === 'fatal') throw error;
  return error;
}

function resultOf(task: RunTask, { outcome, details, staged }: BuiltRun, { store }: RunEnvironment): RunResult {
  const { unread = [] } = staged;
  const places = placesOf(task.ref, store.uri, details.run?.artifactUri);
  const awaited = awaitedOf(places, store.uri);
  return {
    report: runReport(task, outcome, details),
    staged: { ...staged, ...(unread.length > 0 && { places }), ...(awaited !== undefined && { awaited }) },
  };
}
