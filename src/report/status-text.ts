import { isStalled, type OutdatedRun, type SourceStatus, type Status } from '../state/status.js';
import { formatCount, formatDuration, formatNoun } from './format.js';
import { incompleteLines } from './incomplete-text.js';
import { warningLines } from './run-warnings-text.js';
import { failedRunLine } from './summary-text.js';
import { printable } from './text-width.js';

/** Runs that are named; the others are counted. */
const RUNS_NAMED = 20;
/** A watch reads all of a directory every half a minute, of a large one within some minutes; milliseconds. */
const LONG_BEFORE = 600_000;

/** A status for people. @param now milliseconds since the epoch */
export function statusLines(status: Status, now: number): string[] {
  const { repo, writer, sources, accepted } = status;
  const lines = [
    `Aim repository in ${printable(repo)}`,
    writer === undefined
      ? 'No mlflow2aim is writing it.'
      : `mlflow2aim with process id ${writer.pid} on ${printable(writer.host)} is writing it, since ${writer.since}.`,
  ];
  if (accepted.length > 0) lines.push('Accepted as missing:', ...accepted.map((name) => `  ${printable(name)}`));
  if (sources.length === 0) return [...lines, 'Nothing has been converted into it yet.'];
  return [...lines, ...sources.flatMap((source) => ['', ...sourceLines(source, now, isStalled(status, source, now))])];
}

function sourceLines(status: SourceStatus, now: number, stalled: boolean): string[] {
  const { source, runs, active, deleted, lastSyncedAt, changedAt, error, outdatedRuns, failed, skipped } = status;
  const counts = [formatNoun(runs, 'run'), `${formatCount(active)} active`];
  if (deleted > 0) counts.push(`${formatCount(deleted)} deleted in MLflow`);
  if (failed > 0) counts.push(`${formatCount(failed)} failed`);
  if (status.incomplete > 0) counts.push(`${formatCount(status.incomplete)} incomplete`);
  if (skipped > 0) counts.push(`${formatCount(skipped)} left alone`);
  const lines = [
    `From ${printable(source)}`,
    `  ${counts.join(' · ')}`,
    lastSyncedAt === undefined
      ? '  Never read to the end.'
      : `  Last read ${ago(lastSyncedAt, now)}${changedAt === undefined ? '' : `, last written ${ago(changedAt, now)}`}.`,
  ];
  lines.push(...partLines(status, now));
  if (stalled) lines.push('  The watch should have read it again by now: something holds it up.');
  if (error !== undefined) lines.push(`  Cannot be read since ${time(error.since)}: ${printable(error.message)}`);
  for (const { message, since } of status.failedExperiments)
    lines.push(`  Not read since ${time(since)}: ${printable(message)}`);
  const named = outdatedRuns.slice(0, RUNS_NAMED);
  if (named.length > 0) lines.push('  Runs that are not up to date:', ...named.map(outdatedLine));
  const more = failed + skipped - named.length;
  if (more > 0) lines.push(`    and ${formatCount(more)} more`);
  return [...lines, ...incompleteLines(status), ...warningLines(status)];
}

/** Where the last reading was of a part only. */
function partLines({ lastSyncedAt, completeAt }: SourceStatus, now: number): string[] {
  if (lastSyncedAt === undefined) return [];
  if (completeAt === undefined) return ['  Only chosen runs were ever read.'];
  return lastSyncedAt - completeAt < LONG_BEFORE
    ? []
    : [`  All of it was read ${ago(completeAt, now)}; since then, only chosen runs.`];
}

function outdatedLine(run: OutdatedRun): string {
  const what = run.outcome === 'failed' ? 'failed' : 'left alone';
  return `    ${printable(failedRunLine(run))} (${what} since ${time(run.since)})`;
}

function ago(at: number, now: number): string {
  return `${formatDuration(Math.max(0, now - at) / 1000)} ago`;
}

function time(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').slice(0, 19);
}
