import { performance } from 'node:perf_hooks';
import { damageOfRun, removeStaged, stagedFiles } from '../aim/run-files.js';
import { isActive } from '../model.js';
import type { RewriteReason } from '../outcome.js';
import { appendRun } from './append/append-run.js';
import { buildRun } from './build-run.js';
import { decideRun, errorOfRun, failedReport } from './decide-run.js';
import { RunNotices } from './task/notice-list.js';
import type { RunEnvironment } from './task/run-environment.js';
import { awaitedOf, placesOf } from './task/run-places.js';
import { type BuiltRun, type ReadRun, type RunResult, runReport } from './task/run-result.js';
import type { RunTask } from './task/run-task.js';

/**
 * Converts one complete run from MLflow into the staging directory, or reports why not. Rejects only when the signal is
 * aborted or with an error that is fatal to the whole conversion.
 */
export async function convertRun(task: RunTask, environment: RunEnvironment, signal: AbortSignal): Promise<RunResult> {
  const startedAt = performance.now();
  const told = new RunNotices(signal);
  // Aim lists the run, so nobody has removed it: missing files are damage
  const damage = task.existsInAim ? damageOfRun(environment.repository, task.hash) : undefined;
  const result = await convertIntact(task, environment, told, damage === undefined).catch((cause: unknown) => ({
    report: failedReport(cause, task, environment, told),
  }));
  const { report } = result;
  const wasRead = report.outcome !== 'unchanged' && report.outcome !== 'skipped';
  const seconds = wasRead && { seconds: Math.round(performance.now() - startedAt) / 1000 };
  return { ...result, report: { ...report, ...seconds, ...(damage !== undefined && { damage }) } };
}

/** @param isSound the run's files in Aim, if any, are intact */
async function convertIntact(
  task: RunTask,
  environment: RunEnvironment,
  told: RunNotices,
  isSound: boolean,
): Promise<RunResult> {
  const decision = await decideRun(task, environment, told, isSound);
  if (decision.type === 'leave') return { report: decision.report };
  const { read, obstacle } = decision;
  const appended = obstacle ?? (await tryToAppend(read, environment, told));
  if (typeof appended !== 'string') return resultOf(task, appended, environment);
  const built = await buildRun(read, environment, told);
  const isRewrite = task.existsInAim && isActive(read.run);
  return resultOf(task, isRewrite ? rewritten(built, appended) : built, environment);
}

function rewritten(built: BuiltRun, reason: RewriteReason): BuiltRun {
  return { ...built, details: { ...built.details, rewritten: reason } };
}

/** An error here (a damaged table, for example) need not prevent writing the run anew. */
async function tryToAppend(
  read: ReadRun,
  environment: RunEnvironment,
  { header, signal }: RunNotices,
): Promise<BuiltRun | RewriteReason> {
  const { task, run, state } = read;
  const { appendState, inputs, forced } = task.known ?? {};
  if (inputs !== undefined && inputs !== state.inputs) return 'inputs-changed';
  if (forced) return 'forced';
  if (appendState === undefined || !isActive(run)) return 'no-state';
  try {
    return await appendRun(read, appendState, environment, header);
  } catch (cause) {
    errorOfRun(cause, task, environment.repository.path, signal);
    removeStaged(stagedFiles(environment.repository, task.hash));
    return 'append-failed';
  }
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
