import { formatCount, formatDuration, formatNoun } from './format.js';
import type { WatchChanges } from './watch-state.js';

/** That a watch is up to date, as a sentence. */
export function watchingLine(how: 'events' | 'polling', active: number): string {
  const following = how === 'polling' ? 'Polling' : 'Watching';
  return `Up to date: ${formatNoun(active, 'active run')}. ${following} for changes; Ctrl-C stops.`;
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
  const last = sinceChange === undefined ? 'no changes yet' : `last change ${formatDuration(sinceChange)} ago`;
  return `Watching · ${formatNoun(active, 'active run')} · ${last}`;
}
