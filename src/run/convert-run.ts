import { existsSync } from 'node:fs';
import { damageOfRun, isBeingTracked, removeStaged, stagedFiles, wasWrittenByAim } from '../aim/run-files.js';
import { ConvertError, isOfWriting, toConvertError } from '../errors.js';
import type { Notice, Run } from '../model.js';
import { isActive } from '../model.js';
import type { RunReport, SkipCode } from '../outcome.js';
import { appendRun } from './append/append-run.js';
import { buildRun } from './build-run.js';
import { inputsOf } from './inputs.js';
import { isStillUnread } from './still-unread.js';
import { RunNotices } from './task/notice-list.js';
import { awaitedOf, placesOf } from './task/run-places.js';
import { type BuiltRun, type RunEnvironment, type RunResult, type RunTask, report } from './task/run-task.js';

/**
 * Brings one run from MLflow to the staging directory, whole, or says why not. Rejects only when the signal is aborted or
 * the error is fatal for the whole conversion.
 */
export async function convertRun(job: RunTask, environment: RunEnvironment, signal: AbortSignal): Promise<RunResult> {
  // Aim lists the run, so nobody has removed it: files that are missing are damage.
  const damage = job.listed ? damageOfRun(environment.repository, job.hash) : undefined;
  const result = await convertChanged(job, environment, signal, damage);
  return damage === undefined ? result : { ...result, report: { ...result.report, damage } };
}

async function convertChanged(
  job: RunTask,
  environment: RunEnvironment,
  signal: AbortSignal,
  damage: string | undefined,
): Promise<RunResult> {
  const { ref, known } = job;
  const told = new RunNotices(signal);
  try {
    const revision = job.revision ?? (await environment.store.revision(ref, signal));
    const inputs = inputsOf(job, environment);
    const untouched = damage === undefined && !wasWrittenByAim(environment.repository, job.hash);
    if (untouched && isUpToDate(job, revision, inputs, environment.options.now)) {
      return { report: report(job, 'unchanged', { unread: known?.unread ?? [] }) };
    }
    const run = await environment.store.run(ref, told.header);
    const code = skipCode(job, run, environment);
    if (code !== undefined) return { report: report(job, 'skipped', { run, code }) };
    if (job.twice) {
      throw new ConvertError(
        'skip-run',
        'duplicate-run-id',
        `The run id ${ref.runId} occurs twice in the source; the other run was taken.`,
      );
    }
    const marks = { revision, inputs };
    const read = { ref, run, header: told.header };
    const found = !(await isStillUnread(known?.again ?? [], read, environment.store));
    if (untouched && !found && isAsItWas(job, revision, inputs, environment.options.now)) {
      return { report: report(job, 'unchanged', { run, unread: known?.unread ?? [] }) };
    }
    if (untouched && !found && known?.inputs === inputs && known.growth !== undefined && isActive(run)) {
      const grown = await tryToAppend({ ...job, growth: known.growth }, run, marks, environment, told.header);
      if (grown !== undefined) return resultOf(job, grown, environment);
    }
    return resultOf(job, await buildRun(job, run, marks, environment, told), environment);
  } catch (cause) {
    if (signal.aborted) throw cause;
    const where = isOfWriting(cause) ? environment.repository.path : `run ${ref.runId}`;
    const error = toConvertError(cause, 'skip-run', where);
    if (error.kind === 'fatal') throw error;
    return { report: failure(job, error, told.all) };
  }
}

/** What stands in the way of adding to a run (a table that is damaged, say) need not stand in that of writing it anew. */
async function tryToAppend(...args: Parameters<typeof appendRun>): Promise<BuiltRun | undefined> {
  const [job, , , { repository }, { signal }] = args;
  try {
    return await appendRun(...args);
  } catch (cause) {
    if (signal.aborted) throw cause;
    const error = toConvertError(cause, 'skip-run', isOfWriting(cause) ? repository.path : `run ${job.ref.runId}`);
    if (error.kind === 'fatal') throw error;
    removeStaged(stagedFiles(repository, job.hash));
    return undefined;
  }
}

/** Whether a run is as it was, and nothing of it is to be looked at again. */
export function isUpToDate(job: Pick<RunTask, 'known'>, revision: string, inputs: string, now: number): boolean {
  return (job.known?.again ?? []).length === 0 && isAsItWas(job, revision, inputs, now);
}

/** Whether what was read the last time would be read again, and written the same. */
function isAsItWas({ known }: Pick<RunTask, 'known'>, revision: string, inputs: string, now: number): boolean {
  if (known === undefined || known.revision !== revision || known.inputs !== inputs) return false;
  return known.reviewAt === null || now < known.reviewAt;
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

function resultOf(job: RunTask, { outcome, details, staged }: BuiltRun, { store }: RunEnvironment): RunResult {
  const { unread = [] } = staged;
  const places = placesOf(job.ref, store.uri, details.run?.artifactUri);
  const awaited = awaitedOf(places, store.uri);
  return {
    report: report(job, outcome, details),
    staged: { ...staged, ...(unread.length > 0 && { places }), ...(awaited !== undefined && { awaited }) },
  };
}

function failure(job: RunTask, error: ConvertError, notices: readonly Notice[]): RunReport {
  const told = { reason: error.sentence, notices };
  return error.kind === 'not-a-run'
    ? report(job, 'skipped', { ...told, code: 'not-a-run' })
    : report(job, 'failed', { ...told, code: error.code, ...(error.where !== undefined && { where: error.where }) });
}
