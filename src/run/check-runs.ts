import { damageOfRun, wasWrittenByAim } from '../aim/run-files.js';
import type { Experiment } from '../model.js';
import { isUpToDate } from './convert-run.js';
import { inputsOf } from './inputs.js';
import type { CheckResult, CheckTask } from './task/run-converter.js';
import type { RunEnvironment } from './task/run-task.js';

/**
 * Tells for each of these runs whether converting it again would change nothing. Reads no run: of an unchanged store of
 * thousands this is all the work there is, and doing many at once saves a trip between threads for each. False for what
 * cannot be told: converting the run says why.
 */
export async function checkRuns(
  jobs: readonly CheckTask[],
  environment: RunEnvironment,
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const inputs = new Map<Experiment, string>();
  const answers: CheckResult[] = [];
  for (const job of jobs) answers.push(await check(job, environment, inputs, signal));
  return answers;
}

async function check(
  job: CheckTask,
  environment: RunEnvironment,
  inputs: Map<Experiment, string>,
  signal: AbortSignal,
): Promise<CheckResult> {
  const { store, repository, options } = environment;
  const decisive = inputs.get(job.experiment) ?? inputsOf(job, environment);
  inputs.set(job.experiment, decisive);
  try {
    if (job.known?.inputs !== decisive) return { upToDate: false };
    const revision = await store.revision(job.ref, signal);
    const isSound = () => !wasWrittenByAim(repository, job.hash) && damageOfRun(repository, job.hash) === undefined;
    return { upToDate: isUpToDate(job, revision, decisive, options.now) && isSound(), revision };
  } catch {
    signal.throwIfAborted();
    return { upToDate: false };
  }
}
