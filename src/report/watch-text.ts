import type { RunOutcome } from '../outcome.js';
import { formatCount, formatDuration, formatNoun } from './format.js';
import type { WatchChanges } from './watch-state.js';

/** That a watch is up to date, and what came of its first look: `Up to date. Runs: 12 new · 1 active.` */
export function watchingLine(
  how: 'events' | 'polling',
  active: number,
  firstPass: Readonly<Record<RunOutcome, number>>,
): string {
  const following = how === 'polling' ? 'Polling' : 'Watching';
  const outcomes = Object.entries(firstPass).filter(([, runs]) => runs > 0);
  const told = [
    ...outcomes.map(([outcome, runs]) => `${formatCount(runs)} ${outcome}`),
    `${formatCount(active)} active`,
  ];
  return `Up to date. Runs: ${told.join(' · ')}. ${following} for changes; Ctrl-C stops.`;
}

/** Some changes on one line: `1 new · 2 updated · 3 active · 0.6 s behind`. */
export function changesLine({ runsNew, runsUpdated, runsFailed, runsDeleted, runsActive, lag }: WatchChanges): string {
  const parts: Array<readonly [number, string]> = [
    [runsNew, 'new'],
    [runsUpdated, 'updated'],
    [runsFailed, 'failed'],
    [runsDeleted, 'deleted in MLflow'],
  ];
  const told = parts.filter(([count]) => count > 0).map(([count, word]) => `${formatCount(count)} ${word}`);
  const behind = lag === undefined ? [] : [`${formatDuration(lag)} behind`];
  return ['Runs: ', [...told, `${formatCount(runsActive)} active`, ...behind].join(' · ')].join('');
}

/** The line at the bottom of a terminal while nothing happens. */
export function standingLine(active: number, sinceChange: number | undefined): string {
  const last =
    sinceChange === undefined
      ? 'no changes yet'
      : `last change ${sinceChange < 60 ? `${sinceChange} s` : formatDuration(sinceChange)} ago`;
  return `Watching · ${formatNoun(active, 'active run')} · ${last}`;
}
