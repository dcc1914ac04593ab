import type { Warn } from '../events.js';
import type { RunReport } from '../outcome.js';

/** How many are named; the report has all. */
const NAMED = 3;

/** Collects the runs whose files in Aim were found damaged, to report them together. */
export class DamagedRuns {
  private readonly mended: string[] = [];

  /** One that could not be written again reports that itself. */
  note({ damage, outcome, runId }: RunReport): void {
    if (damage !== undefined && outcome !== 'failed' && outcome !== 'skipped') this.mended.push(`${runId} (${damage})`);
  }

  /** Reports those added since the last time; they have been published. */
  tell(warn: Warn): void {
    const runs = this.mended.splice(0);
    if (runs.length === 0) return;
    const more = runs.length > NAMED ? `, and ${runs.length - NAMED} more` : '';
    const count = runs.length.toLocaleString('en');
    const what =
      runs.length === 1
        ? '1 run was damaged in Aim and has been written anew'
        : `${count} runs were damaged in Aim and have been written anew`;
    warn({ code: 'runs-repaired', message: `${what}: ${runs.slice(0, NAMED).join(', ')}${more}.` });
  }
}
