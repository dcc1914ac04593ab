import { wasWrittenByAim } from './aim/run-files.js';
import { inputsOf, isUpToDate } from './convert-run.js';
import type { Experiment } from './model.js';
import type { RunEnvironment, RunJob } from './run-job.js';

/** A run that was converted before, and what is known of it. */
export type CheckJob = Pick<RunJob, 'experiment' | 'ref' | 'hash' | 'known'>;

/**
 * Tells for each of these runs whether converting it again would change nothing. Reads no run: of an unchanged store of
 * thousands this is all the work there is, and doing many at once saves a trip between threads for each. False for what
 * cannot be told: converting the run says why.
 */
export async function checkRuns(
  jobs: readonly CheckJob[],
  environment: RunEnvironment,
  signal: AbortSignal,
): Promise<boolean[]> {
  const inputs = new Map<Experiment, string>();
  const results: boolean[] = [];
  for (const job of jobs) results.push(await isCurrent(job, environment, inputs, signal));
  return results;
}

async function isCurrent(
  job: CheckJob,
  environment: RunEnvironment,
  inputs: Map<Experiment, string>,
  signal: AbortSignal,
): Promise<boolean> {
  const { store, repository, options } = environment;
  const decisive = inputs.get(job.experiment) ?? inputsOf(job, environment);
  inputs.set(job.experiment, decisive);
  try {
    if (job.known?.inputs !== decisive) return false;
    const revision = await store.revision(job.ref, signal);
    return isUpToDate(job, revision, decisive, options.now) && !wasWrittenByAim(repository, job.hash);
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
