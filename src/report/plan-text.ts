import type { Plan } from '../plan/plan-result.js';
import { runReason } from '../summary/run-text.js';
import { formatBytes, formatCount, formatNoun } from './format.js';
import { lossLine } from './loss-text.js';
import { type TableRow, tableLines } from './table.js';
import { printable, wrap } from './text-width.js';

const COLUMNS = 80;
/** From so many times as long on, other programs are to blame. */
const BUSY = 1.3;
/** Kinds of losses that are told; the others are counted. */
const LOSSES_TOLD = 12;

/** A plan for people. No line of its own text is longer than 80 columns. */
export function planLines(plan: Plan): string[] {
  const { source, repo, isNewRepository } = plan;
  const sections = [
    [
      `From  ${printable(source)}`,
      `To    ${printable(repo)}, ${isNewRepository ? 'which has no Aim repository yet' : 'which has an Aim repository'}`,
    ],
    tableLines(doneRows(plan)),
    failureLines(plan),
    contentLines(plan),
    lossLines(plan),
    needLines(plan),
    [verdict(plan)],
  ];
  return sections.filter((lines) => lines.length > 0).flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}

/** A sentence that says whether there is anything to do. */
function verdict({ hasChanges, isNewRepository, runs }: Plan): string {
  if (!hasChanges) return 'Nothing has changed: a conversion would write nothing.';
  if (runs.new + runs.changed === 0 && isNewRepository)
    return 'Nothing was written. A conversion would make an empty repository.';
  return 'Nothing was written. mlflow2aim convert with the same flags does this.';
}

function doneRows(plan: Plan): TableRow[] {
  const { runs, skippedRuns, deleted } = plan;
  const rows: TableRow[] = [
    ['experiments', formatCount(plan.experiments), some([plan.deletedExperiments, 'deleted in MLflow'])],
    ['runs', formatCount(runs.new + runs.changed + runs.unchanged + runs.skipped + runs.failed), []],
    ['  new', formatCount(runs.new), []],
    ['  changed', formatCount(runs.changed), some([plan.damaged, 'damaged in Aim'])],
    ['  unchanged', formatCount(runs.unchanged), []],
    ...Object.entries(skippedRuns).map(
      ([code, count]): TableRow => ['  left out', formatCount(count), [SKIPPED[code as keyof typeof SKIPPED]]],
    ),
    ['  unreadable', formatCount(runs.failed), []],
    ['to archive', formatCount(deleted.archived), ['deleted in MLflow since they were converted']],
    ['to remove', formatCount(deleted.removed), ['deleted in MLflow since they were converted']],
    ['to keep', formatCount(deleted.kept), ['deleted in MLflow since they were converted']],
  ];
  return rows.filter(([label, amount]) => amount !== '0' || label === 'experiments' || label === 'runs');
}

/** Why runs are left out, in a few words; report/run-text.ts has the sentences. */
const SKIPPED = {
  deleted: 'deleted in MLflow (--include-deleted)',
  'removed-in-aim': 'removed in Aim (--restore-removed)',
  'tracked-by-aim': 'being written by Aim at this moment',
  'changed-by-aim': 'changed by Aim (--overwrite)',
  'changed-while-converting': 'changed by Aim (--overwrite)',
  'not-a-run': 'no runs for MLflow itself',
} as const;

function failureLines({ failedExperiments, failedRuns, runs, incomplete }: Plan): string[] {
  const lines = [
    ...failedExperiments.map(({ message }) => `An experiment cannot be read: ${message}`),
    ...failedRuns.map((run) => {
      const name = run.runName === undefined ? '' : ` (${run.runName})`;
      return `Run ${run.runId}${name} of ${run.experiment} cannot be read: ${runReason(run)}`;
    }),
  ];
  const more = runs.failed - failedRuns.length;
  if (more > 0) lines.push(`${formatNoun(more, 'more run')} cannot be read.`);
  if (incomplete > 0) {
    lines.push(
      `${formatNoun(incomplete, 'run')} cannot be read completely; what can be read is converted, and the exit code is 3.`,
    );
  }
  return lines.flatMap((line) => wrap(printable(line), COLUMNS, '  '));
}

function contentLines(plan: Plan): string[] {
  const { runs, content, losses } = plan;
  const toWrite = runs.new + runs.changed;
  if (toWrite === 0) return [];
  const { statuses, images, texts, audio, figures, links } = content;
  const states = Object.entries(statuses).filter(([, count]) => count > 0);
  const about = content.pointsAreEstimate ? 'about ' : '';
  const rows: TableRow[] = [
    ['runs', formatCount(toWrite), states.map(([status, count]) => `${formatCount(count)} ${status.toLowerCase()}`)],
    ['metrics', formatCount(content.metrics), []],
    ['points', about + formatCount(content.pointsAreEstimate ? rounded(content.points) : content.points), []],
    ['params', formatCount(content.params), []],
    ['tags', formatCount(content.tags), []],
    ['datasets', formatCount(content.datasets), []],
    ['models', formatCount(content.models), ['their files stay in MLflow']],
    ['images', formatCount(images.files), [formatBytes(images.bytes), ...brokenImages(losses)]],
    ['texts', formatCount(texts.files), [formatBytes(texts.bytes)]],
    ['audio', formatCount(audio.files), [formatBytes(audio.bytes)]],
    ['pages', formatCount(figures.files), [`${formatBytes(figures.bytes)} of HTML, read for Plotly figures`]],
    ['links', formatCount(links.files), [`files that stay in MLflow, ${formatBytes(links.bytes)}`]],
  ];
  return ['To be converted:', ...indented(tableLines(rows.filter(([, amount]) => amount !== '0')))];
}

/** Files that look like images and are none: convert finds that out, and makes them links. */
function brokenImages(losses: Plan['losses']): string[] {
  const broken = losses.filter(({ kind, reason }) => kind === 'artifact-skipped' && reason === 'not-an-image');
  const files = broken.reduce((sum, { items }) => sum + items, 0);
  const about = broken.some(({ isEstimate }) => isEstimate) ? 'about ' : '';
  return some([
    files,
    files === 1 ? 'of them is no image, and becomes a link' : 'of them are no images, and become links',
  ]).map((text) => about + text);
}

function lossLines({ losses, traces }: Plan): string[] {
  const told = losses.slice(0, LOSSES_TOLD).map(lossLine);
  const more = losses.length - told.length;
  if (more > 0) told.push(`${formatNoun(more, 'more kind')} of losses; --json has all of them.`);
  if (traces !== undefined && traces.traces > 0) {
    told.push(`${formatCount(traces.traces)}${traces.more ? ' or more' : ''} traces stay in MLflow.`);
  }
  if (told.length === 0) return [];
  return ['What Aim cannot hold:', ...told.flatMap((line) => wrap(`  ${printable(line)}`, COLUMNS, '    '))];
}

function needLines({ seconds, secondsAlone = seconds, sampledRuns, requirements, runs }: Plan): string[] {
  if (
    seconds === undefined ||
    secondsAlone === undefined ||
    requirements === undefined ||
    runs.new + runs.changed === 0
  )
    return [];
  const { disk, inodes, openFiles } = requirements;
  const rows: TableRow[] = [
    ['time', aboutTime(seconds), [`measured by converting ${formatNoun(sampledRuns, 'run')}`]],
    ...busyRow(seconds, secondsAlone),
    ['disk', `about ${formatBytes(disk.needed)}`, [`${formatBytes(disk.free)} are free`]],
    [
      'files',
      `about ${formatCount(rounded(inodes.needed))}`,
      inodes.free === undefined ? [] : [`${formatCount(inodes.free)} are free`],
    ],
    [
      'open files',
      `up to ${formatCount(openFiles.needed)}`,
      ['in aim up', ...(openFiles.limit === undefined ? [] : [`ulimit -n is ${formatCount(openFiles.limit)}`])],
    ],
  ];
  return ['It takes:', ...indented(tableLines(rows))];
}

/** What other programs make of the time, where that is a difference. */
function busyRow(seconds: number, alone: number): TableRow[] {
  const [now, then] = [aboutTime(seconds), aboutTime(alone)];
  if (seconds < BUSY * alone || now === then) return [];
  return [['', then, ['if other programs did not use the processors as they do now']]];
}

/** A time that is not known exactly: `less than 10 seconds`, `about 40 seconds`, `about 3 minutes`, `about 1.5 hours`. */
function aboutTime(seconds: number): string {
  if (seconds < 10) return 'less than 10 seconds';
  if (seconds < 55) return `about ${Math.ceil(seconds / 5) * 5} seconds`;
  if (seconds < 90) return 'about a minute';
  if (seconds < 55 * 60) return `about ${Math.round(seconds / 60)} minutes`;
  if (seconds < 90 * 60) return 'about an hour';
  const hours = seconds / 3600;
  if (hours < 10) return `about ${(Math.round(hours * 2) / 2).toString()} hours`;
  if (hours < 36) return `about ${Math.round(hours)} hours`;
  return `about ${(Math.round(hours / 12) / 2).toString()} days`;
}

/** To two digits: more are not known. */
function rounded(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 1);
  return Math.round(value / unit) * unit;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function some(...pairs: ReadonlyArray<readonly [amount: number, words: string]>): string[] {
  return pairs.filter(([amount]) => amount > 0).map(([amount, words]) => `${formatCount(amount)} ${words}`);
}
