import { toConvertError } from '../../errors.js';
import type { RunRef } from '../../model.js';
import { type CountedRun, RunTally, type RunTotals } from '../common/run-totals.js';
import { readRunMeta } from './run-directory.js';

/** Counts runs by their meta.yaml alone. Rejects with a `fatal` error, or with the signal's reason. */
export async function fileRunTotals(
  refs: AsyncIterable<RunRef>,
  directoryOf: (ref: RunRef) => string,
  onRun: () => void,
  signal: AbortSignal,
): Promise<RunTotals> {
  const tally = new RunTally();
  for await (const ref of refs) {
    const run = await countedRun(ref, directoryOf(ref), signal);
    if (run !== 'not-a-run') tally.add(run);
    onRun();
  }
  return tally.totals;
}

async function countedRun(
  ref: RunRef,
  directory: string,
  signal: AbortSignal,
): Promise<CountedRun | 'unreadable' | 'not-a-run'> {
  try {
    return await readRunMeta(ref, directory, signal);
  } catch (cause) {
    signal.throwIfAborted();
    const { kind } = toConvertError(cause, 'skip-run', directory);
    if (kind === 'fatal') throw cause;
    return kind === 'not-a-run' ? kind : 'unreadable';
  }
}
