import { formatNoun } from '../format.js';
import type { PageVerdict } from '../page/page-data.js';
import type { ReportEnd } from './report-format.js';

/** How a conversion ended, in a sentence or two. */
export function verdict({
  error,
  interrupted,
  summary,
}: Pick<ReportEnd, 'error' | 'interrupted' | 'summary'>): PageVerdict {
  if (error !== undefined) return { tone: 'bad', text: `The conversion failed: ${error.message}` };
  const { runs, runsIncomplete, experimentsFailed } = summary;
  const problems = [
    [experimentsFailed, 'experiment', 'could not be read'],
    [runs.failed, 'run', 'failed'],
    [runsIncomplete, 'run', 'could not be read completely'],
  ] as const;
  const told = problems
    .filter(([count]) => count > 0)
    .map(([count, noun, verb]) => `${formatNoun(count, noun)} ${verb}`);
  if (interrupted) {
    const text = 'The conversion was interrupted. Runs that are not listed are in Aim as they were before.';
    return { tone: 'warn', text: told.length === 0 ? text : `${text} Until then, ${joined(told)}.` };
  }
  if (told.length > 0) {
    const tone = runs.failed + experimentsFailed > 0 ? 'bad' : 'warn';
    return { tone, text: `Done, with exceptions: ${joined(told)}.` };
  }
  if (isNothing(runs)) return { tone: 'good', text: 'Done. There was no run to convert.' };
  const isUnchanged = isNothing({ ...runs, unchanged: 0 }) && isNothing(summary.runsDeleted);
  if (isUnchanged) return { tone: 'good', text: 'Done. Nothing has changed in MLflow.' };
  const were = runs.skipped === 1 ? 'was' : 'were';
  const skipped = runs.skipped === 0 ? '' : ` ${formatNoun(runs.skipped, 'run')} ${were} skipped.`;
  return { tone: 'good', text: `Done. Nothing failed, and every run was read completely.${skipped}` };
}

function isNothing(counts: Readonly<Record<string, number>>): boolean {
  return Object.values(counts).every((count) => count === 0);
}

function joined(items: readonly string[]): string {
  return items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
