import type { ChosenRun } from './chosen-runs.js';

/**
 * The runs that have started last, in the order in which they came: so many, and the deleted ones that have started no earlier. A run
 * without a start time counts as the oldest; of runs that have started together, those with the lower ids count as newer, as in MLflow.
 */
export function newestRuns(runs: readonly ChosenRun[], most: number): ChosenRun[] {
  const newest = new Set<ChosenRun>();
  let counted = 0;
  for (const run of [...runs].sort(byAge)) {
    const isDeleted = run.found.isDeleted || run.experiment.lifecycleStage === 'deleted';
    if (!isDeleted && ++counted > most) break;
    newest.add(run);
  }
  return runs.filter((run) => newest.has(run));
}

function byAge({ found: a }: ChosenRun, { found: b }: ChosenRun): number {
  const [left, right] = [a.startTime ?? Number.NEGATIVE_INFINITY, b.startTime ?? Number.NEGATIVE_INFINITY];
  if (left !== right) return left > right ? -1 : 1;
  return a.ref.runId < b.ref.runId ? -1 : a.ref.runId > b.ref.runId ? 1 : 0;
}
