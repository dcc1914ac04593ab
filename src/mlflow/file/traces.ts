import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../errors.js';
import type { TraceCount } from '../common/tracking-store.js';

const TRACES = 'traces';

/** How many traces there are in the directories of experiments: a directory for each (MLflow ≥ 2.14). */
export function countFileTraces(experiments: readonly string[], signal: AbortSignal): TraceCount {
  let traces = 0;
  for (const experiment of experiments) {
    signal.throwIfAborted();
    traces += directoriesIn(join(experiment, TRACES));
  }
  return { traces, more: false };
}

/** None in what cannot be listed. */
function directoriesIn(path: string): number {
  try {
    return readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory()).length;
  } catch (cause) {
    if (errorCode(cause) === undefined) throw cause;
    return 0;
  }
}
