import { formatBytes, formatCount, formatRate, formatWholeSeconds } from './format.js';
import type { ActiveExperiment, ProgressNumbers } from './progress-state.js';
import { padLeft, padRight, printable, textWidth, truncate } from './text-width.js';

const BAR_COLUMNS = 20;
const NAME_COLUMNS = 32;
/** Below this there is no room for bars. */
const COLUMNS_FOR_BARS = 72;

/**
 * The total of a conversion under way, on one line, with a `+` while runs are still being listed. The most important comes first; what
 * does not fit into `columns` is left out.
 */
export function totalLine(numbers: ProgressNumbers, columns = Number.POSITIVE_INFINITY): string {
  const { runsTotal, points, artifactBytes, secondsLeft } = numbers;
  if (runsTotal === 0 && !numbers.listed) return `listing runs · ${formatWholeSeconds(numbers.seconds)} so far`;
  const parts = [
    amountOfRuns(numbers),
    secondsLeft === undefined
      ? `${formatWholeSeconds(numbers.seconds)} so far`
      : `ETA ${formatWholeSeconds(secondsLeft)}`,
    `${formatCount(points)} points`,
    ...(artifactBytes > 0 ? [formatBytes(artifactBytes)] : []),
    ...(numbers.runsPerSecond > 0 ? [formatRate(numbers.runsPerSecond, 'runs')] : []),
    ...(numbers.pointsPerSecond > 0 ? [formatRate(numbers.pointsPerSecond, 'points')] : []),
  ];
  while (parts.length > 1 && textWidth(parts.join(' · ')) > columns) parts.pop();
  return parts.join(' · ');
}

/** In the place of all else while the source is not there; what is wrong with it was told. */
export function waitingLine(seconds: number): string {
  return `waiting for the source · ${formatWholeSeconds(seconds)} so far`;
}

/**
 * The live block: a line for each of the first `limit` active experiments, how many more there are, and the total.
 * Lines may be longer than `columns`; whoever draws them cuts them.
 */
export function blockLines(
  active: readonly ActiveExperiment[],
  numbers: ProgressNumbers,
  columns: number,
  limit: number,
): string[] {
  const shown = active.slice(0, limit);
  const names = shown.map(({ name }) => truncate(printable(name), NAME_COLUMNS));
  const amounts = shown.map(({ runsDone, runsTotal }) =>
    runsTotal === 0 ? formatCount(runsDone) : `${formatCount(runsDone)}/${formatCount(runsTotal)}`,
  );
  const nameColumns = Math.max(0, ...names.map(textWidth));
  const amountColumns = Math.max(0, ...amounts.map(textWidth));
  const lines = shown.map(({ runsDone, runsTotal }, index) => {
    const bar = columns < COLUMNS_FOR_BARS || runsTotal === 0 ? '' : `  ${progressBar(runsDone / runsTotal)}`;
    return `  ${padRight(names[index]!, nameColumns)}  ${padLeft(amounts[index]!, amountColumns)}${bar}`;
  });
  const hidden = active.length - shown.length;
  if (hidden > 0) lines.push(`  +${formatCount(hidden)} more`);
  return [...lines, totalLine(numbers, columns - 1)];
}

function amountOfRuns({ runsDone, runsTotal, listed }: ProgressNumbers): string {
  return `${formatCount(runsDone)} of ${formatCount(runsTotal)}${listed ? '' : '+'} runs`;
}

function progressBar(part: number): string {
  const full = Math.floor(Math.min(1, part) * BAR_COLUMNS);
  return '█'.repeat(full) + '░'.repeat(BAR_COLUMNS - full);
}
