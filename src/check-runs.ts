import { damageOfRun, wasWrittenByAim } from './aim/run-files.js';
import { isUpToDate } from './convert-run.js';
import { inputsOf } from './inputs.js';
import type { Experiment } from './model.js';
import type { RunEnvironment, RunJob } from './run-job.js';

/** A run that was converted before, and what is known of it. */
export type CheckJob = Pick<RunJob, 'experiment' | 'ref' | 'hash' | 'known'>;

export interface CheckAnswer {
  readonly upToDate: boolean;
  /** The run's mark, where it was looked at. */
  readonly revision?: string;
}

/**
 * Tells for each of these runs whether converting it again would change nothing. Reads no run: of an unchanged store of
 * thousands this is all the work there is, and doing many at once saves a trip between threads for each. False for what
 * cannot be told: converting the run says why.
 */
export async function checkRuns(
  jobs: readonly CheckJob[],
  environment: RunEnvironment,
  signal: AbortSignal,
): Promise<CheckAnswer[]> {
  const inputs = new Map<Experiment, string>();
  const answers: CheckAnswer[] = [];
  for (const job of jobs) answers.push(await check(job, environment, inputs, signal));
  return answers;
}

async function check(
  job: CheckJob,
  environment: RunEnvironment,
  inputs: Map<Experiment, string>,
  signal: AbortSignal,
): Promise<CheckAnswer> {
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
