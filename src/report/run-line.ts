import type { RunCounts, RunReport } from '../outcome.js';
import { formatNoun } from './format.js';
import { failedRunLine } from './summary-text.js';

/** What was written of a run, without what there was none of: `300 points, 8 images`. Empty if there was nothing. */
export function countsText({ points, artifacts, artifactsListed }: RunCounts): string {
  const { image, text, audio, figure } = artifacts;
  const parts: ReadonlyArray<readonly [count: number, text: string]> = [
    [points, formatNoun(points, 'point')],
    [image, formatNoun(image, 'image')],
    [text, formatNoun(text, 'text')],
    [audio, formatNoun(audio, 'audio file')],
    [figure, formatNoun(figure, 'figure')],
    [artifactsListed, formatNoun(artifactsListed, 'link')],
  ];
  return parts
    .filter(([count]) => count > 0)
    .map(([, told]) => told)
    .join(', ');
}

/** What became of a run, on one line: `new: calm-owl-12 of resnet50: 300 points, 8 images`. */
export function runLine(run: RunReport): string {
  if (run.outcome === 'failed' || run.outcome === 'skipped') return `${run.outcome}: ${failedRunLine(run)}`;
  const counts = run.outcome === 'unchanged' ? '' : countsText(run.counts);
  return `${run.outcome}: ${runTitle(run)}${counts === '' ? '' : `: ${counts}`}`;
}

/** A run as people call it: `calm-owl-12 of resnet50`. */
export function runTitle({ runId, runName, experiment }: Pick<RunReport, 'runId' | 'runName' | 'experiment'>): string {
  return `${runName ?? runId} of ${experiment}`;
}
