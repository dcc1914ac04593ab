import type { ArtifactSkipReason } from '../model.js';
import { type ReasonedRun, runReason } from '../summary/run-text.js';
import type { ConversionSummary } from '../summary/summary.js';
import { formatBytes, formatCount, formatDuration, formatNoun, formatRate } from './format.js';
import { isLink, skipReasonText } from './notice-text.js';
import { type TableRow, tableLines } from './table.js';
import { printable } from './text-width.js';

/** Extensions named for each reason why artifacts stayed behind. */
const EXTENSIONS_NAMED = 6;

/**
 * The table at the end of a conversion, or a line where nothing has changed.
 * @param isComplete whether the conversion has come to its end; one that was broken off has not seen everything
 * @param columns of which the table makes use
 */
export function summaryLines(numbers: ConversionSummary, isComplete: boolean, columns?: number): string[] {
  const parts = [
    isComplete && isAsItWas(numbers) ? unchangedLines(numbers) : tableLines(tableRows(numbers), columns),
    unpublishedLines(numbers),
    skippedRunLines(numbers),
    failedRunLines(numbers),
    incompleteLines(numbers),
  ];
  return parts.filter((lines) => lines.length > 0).flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

/** Whether nothing was done, and nothing could not be done. */
function isAsItWas({
  runs,
  runsDeleted,
  runsIncomplete,
  runsUnpublished,
  experimentsFailed,
}: ConversionSummary): boolean {
  const changed = runs.new + runs.updated + runs.failed + runsUnpublished + runsIncomplete + experimentsFailed;
  return changed === 0 && Object.values(runsDeleted).every((count) => count === 0);
}

function unchangedLines({ runs, experiments, seconds, traces, tracesMore }: ConversionSummary): string[] {
  const of = formatNoun(experiments, 'experiment');
  const skipped = runs.skipped === 0 ? '' : `, ${formatCount(runs.skipped)} skipped`;
  const empty = experiments === 0 ? 'no runs were found' : `${of} without runs`;
  const what =
    runs.unchanged + runs.skipped === 0
      ? `There is nothing to convert: ${empty}`
      : `Nothing has changed: ${formatNoun(runs.unchanged, 'run')} up to date${skipped}, in ${of}`;
  const left = traces === 0 ? [] : [`${formatNoun(traces, 'trace')}${tracesMore ? ' or more' : ''} stay in MLflow.`];
  return [`${what} (${formatDuration(seconds)}).`, ...left];
}

/** The runs that failed, named with their reasons; empty when none did. */
export function failedRunLines({ runs, failedRuns }: ConversionSummary): string[] {
  if (runs.failed === 0) return [];
  const lines = failedRuns.map((run) => `  ${printable(failedRunLine(run))}`);
  const more = runs.failed - failedRuns.length;
  if (more > 0) lines.push(`  and ${formatCount(more)} more`);
  const left = runs.failed === 1 ? 'was left as it was' : 'were left as they were';
  return [`${formatNoun(runs.failed, 'run')} failed and ${left}:`, ...lines];
}

/** What to do about runs that are incomplete; empty when none are. */
export function incompleteLines({ runsIncomplete }: Pick<ConversionSummary, 'runsIncomplete'>): string[] {
  if (runsIncomplete === 0) return [];
  return [
    `${formatNoun(runsIncomplete, 'run')} could not be read completely; each conversion tries again. mlflow2aim status --incomplete names ${runsIncomplete === 1 ? 'it' : 'them'}.`,
    'Mount what is not mounted, give the credentials, --artifacts-destination or --allow-root, or say --accept-missing RUN_ID|URI for what is gone for good.',
  ];
}

/** A run that failed, with its reason; as text from elsewhere, not fit for a terminal yet. */
export function failedRunLine(
  run: ReasonedRun & { readonly runId: string; readonly runName?: string; readonly experiment: string },
): string {
  const name = run.runName === undefined ? '' : ` (${run.runName})`;
  return `${run.runId}${name} of ${run.experiment}: ${runReason(run)}`;
}

/** What was done in vain; empty when nothing was. */
function unpublishedLines({ runsUnpublished }: ConversionSummary): string[] {
  if (runsUnpublished === 0) return [];
  const were = runsUnpublished === 1 ? 'was' : 'were';
  return [
    `${formatNoun(runsUnpublished, 'run')} ${were} built and not published: the next conversion builds them again.`,
  ];
}

function skippedRunLines({ skippedRuns }: ConversionSummary): string[] {
  if (skippedRuns.length === 0) return [];
  const lines = skippedRuns.map(({ reason, runs }) => `  ${formatCount(runs)} × ${printable(reason)}`);
  return ['Skipped runs:', ...lines];
}

function tableRows(numbers: ConversionSummary): TableRow[] {
  const { seconds, runsPerSecond, pointsPerSecond } = numbers;
  return [
    ['experiments', formatCount(numbers.experiments), amounts([numbers.experimentsFailed, 'more could not be read'])],
    runsRow(numbers),
    ...incompleteRow(numbers),
    ...deletedRow(numbers),
    ...tracesRow(numbers),
    ...unlessZero(numbers.metrics, 'metrics', amounts([numbers.metricsRenumbered, 'renumbered'])),
    ...unlessZero(numbers.points, 'points', amounts([numbers.pointsCollapsed, 'collapsed'])),
    ...unlessZero(numbers.params, 'params', []),
    ...unlessZero(numbers.tags, 'tags', []),
    ...artifactsRow(numbers),
    ...skippedArtifactRows(numbers),
    ...writtenRow(numbers),
    ['time', formatDuration(seconds), [formatRate(runsPerSecond, 'runs'), formatRate(pointsPerSecond, 'points')]],
  ];
}

function unlessZero(count: number, label: string, details: string[]): TableRow[] {
  return count === 0 ? [] : [[label, formatCount(count), details]];
}

function writtenRow({ bytesWritten, artifactBytes }: ConversionSummary): TableRow[] {
  if (bytesWritten === 0) return [];
  return [['written', formatBytes(bytesWritten), [`${formatBytes(artifactBytes)} of artifacts`]]];
}

function runsRow({ runs }: ConversionSummary): TableRow {
  const total = runs.new + runs.updated + runs.unchanged + runs.skipped + runs.failed;
  const details = Object.entries(runs).map(([outcome, count]) => `${formatCount(count)} ${outcome}`);
  return ['runs', formatCount(total), details];
}

/** `incomplete  126  artifacts of 120 runs, params of 6` */
function incompleteRow({ runsIncomplete, unreadParts }: ConversionSummary): TableRow[] {
  if (runsIncomplete === 0) return [];
  const parts = Object.entries(unreadParts).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const named = parts.map(([part, runs], i) => `${part} of ${i === 0 ? formatNoun(runs, 'run') : formatCount(runs)}`);
  return [['incomplete', formatCount(runsIncomplete), [named.join(', '), 'what Aim had of them was kept']]];
}

function deletedRow({ runsDeleted }: ConversionSummary): TableRow[] {
  const total = runsDeleted.archived + runsDeleted.removed + runsDeleted.kept;
  if (total === 0) return [];
  const details = Object.entries(runsDeleted).filter(([, runs]) => runs > 0);
  return [['deleted', formatCount(total), details.map(([action, runs]) => `${formatCount(runs)} ${action}`)]];
}

function tracesRow({ traces, tracesMore }: ConversionSummary): TableRow[] {
  if (traces === 0) return [];
  return [['traces', formatCount(traces), [tracesMore ? 'or more stay in MLflow' : 'stay in MLflow']]];
}

function artifactsRow({ artifacts, artifactsListed }: ConversionSummary): TableRow[] {
  const { image, text, audio, figure } = artifacts;
  const transferred = image + text + audio + figure;
  if (transferred + artifactsListed === 0) return [];
  const details = [formatNoun(image, 'image'), formatNoun(text, 'text'), `${formatCount(audio)} audio`];
  const more = amounts([figure, figure === 1 ? 'figure' : 'figures'], [artifactsListed, 'listed as links']);
  return [['artifacts', formatCount(transferred), [...details, ...more]]];
}

/** One row for each reason, the commonest extensions named. */
function skippedArtifactRows({ artifactsSkipped }: ConversionSummary): TableRow[] {
  const byReason = new Map<string, { label: string; files: number; extensions: string[] }>();
  for (const { reason, extension, files } of artifactsSkipped) {
    const text = skipReasonText(reason);
    const row = byReason.get(text) ?? { label: labelOf(reason), files: 0, extensions: [] };
    row.files += files;
    row.extensions.push(`${formatCount(files)} ${extension === '' ? 'without extension' : extension}`);
    byReason.set(text, row);
  }
  return [...byReason].map(
    ([text, { label, files, extensions }]): TableRow => [label, formatCount(files), [text, shortList(extensions)]],
  );
}

function labelOf(reason: ArtifactSkipReason | 'other'): string {
  if (isLink(reason)) return 'links';
  return reason === 'unreadable' ? 'unread' : 'left out';
}

function shortList(items: readonly string[]): string {
  const more = items.length - EXTENSIONS_NAMED;
  const named = items.slice(0, EXTENSIONS_NAMED).map(printable).join(', ');
  return more > 0 ? `${named}, and ${formatNoun(more, 'other extension')}` : named;
}

/** Those of the amounts that are not zero, with their words. */
function amounts(...pairs: ReadonlyArray<readonly [amount: number, words: string]>): string[] {
  return pairs.filter(([amount]) => amount > 0).map(([amount, words]) => `${formatCount(amount)} ${words}`);
}
