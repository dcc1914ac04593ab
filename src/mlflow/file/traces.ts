import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../errors.js';
import type { TraceCount } from '../common/tracking-store.js';

const TRACES = 'traces';

/** Counts the traces of experiments, given their directories. Each trace is a directory (MLflow ≥ 2.14). */
export function countFileTraces(experiments: readonly string[], signal: AbortSignal): TraceCount {
  let traces = 0;
  for (const experiment of experiments) {
    signal.throwIfAborted();
    traces += directoriesIn(join(experiment, TRACES));
  }
  return { traces, more: false };
}

/** 0 if it cannot be listed. */
function directoriesIn(path: string): number {
  try {
    return readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory()).length;
  } catch (cause) {
    if (errorCode(cause) === undefined) throw cause;
    return 0;
  }
}
