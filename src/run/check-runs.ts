import { damageOfRun, wasWrittenByAim } from '../aim/run-files.js';
import { revisionWith } from '../family.js';
import type { Experiment } from '../model.js';
import { type DecisionEnvironment, isUpToDate } from './decide-run.js';
import { inputsOf } from './inputs.js';
import type { CheckResult } from './task/run-converter.js';

import type { RunTask } from './task/run-task.js';

/**
 * Tells which of these runs are up to date, without reading them. For an unchanged store of thousands of runs this is all
 * the work there is, and a batch saves a message between threads for each run. A run that cannot be checked does not count
 * as up to date: converting it reports why.
 */
export async function checkRuns(
  tasks: readonly RunTask[],
  environment: DecisionEnvironment,
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const inputs = new Map<Experiment, string>();
  const results: CheckResult[] = [];
  for (const task of tasks) results.push(await check(task, environment, inputs, signal));
  return results;
}

async function check(
  task: RunTask,
  environment: DecisionEnvironment,
  inputs: Map<Experiment, string>,
  signal: AbortSignal,
): Promise<CheckResult> {
  const { store, repository } = environment;
  const decisive = inputs.get(task.experiment) ?? inputsOf(task, environment);
  inputs.set(task.experiment, decisive);
  try {
    if (task.known?.inputs !== decisive) return { upToDate: false };
    const revision = revisionWith(await store.revision(task.ref, signal), task.family);
    const isSound = () => !wasWrittenByAim(repository, task.hash) && damageOfRun(repository, task.hash) === undefined;
    return { upToDate: isUpToDate(task, { revision, inputs: decisive }) && isSound(), revision };
  } catch {
    signal.throwIfAborted();
    return { upToDate: false };
  }
}
