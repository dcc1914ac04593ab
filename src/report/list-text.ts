import type { ListedExperiment, SourceListing } from '../plan/list.js';
import { formatCount, formatNoun } from './format.js';
import { padLeft, padRight, printable, textWidth } from './text-width.js';

const HEADER = { id: 'ID', runs: 'RUNS', change: 'LAST CHANGE (UTC)', name: 'NAME' };

/** The experiments of a source as a table, with the names, which may be long, at the end. */
export function listLines({ experiments }: SourceListing): string[] {
  if (experiments.length === 0) return ['There are no experiments.'];
  const rows = [HEADER, ...experiments.map(rowOf)];
  const ids = Math.max(...rows.map(({ id }) => textWidth(id)));
  const runs = Math.max(...rows.map((row) => row.runs.length));
  const changes = Math.max(...rows.map(({ change }) => change.length));
  return rows.map(
    (row) => `${padRight(row.id, ids)}  ${padLeft(row.runs, runs)}  ${padRight(row.change, changes)}  ${row.name}`,
  );
}

function rowOf({ id, name, lifecycleStage, runs, deletedRuns, unreadableRuns, lastChange }: ListedExperiment) {
  const marks = [
    ...(lifecycleStage === 'deleted' ? ['deleted'] : []),
    ...(deletedRuns > 0 ? [`${formatNoun(deletedRuns, 'deleted run')}`] : []),
    ...(unreadableRuns > 0 ? [`${formatNoun(unreadableRuns, 'unreadable run')}`] : []),
  ];
  return {
    id: printable(id),
    runs: formatCount(runs),
    change: lastChange === undefined ? '–' : timeText(lastChange),
    name: printable(name) + (marks.length === 0 ? '' : `  (${marks.join(', ')})`),
  };
}

/** To the minute; a time that no calendar has is no time. */
function timeText(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? '–' : date.toISOString().replace('T', ' ').slice(0, 16);
}

/** The same for programs. */
export function listRecord({ source, experiments }: SourceListing): unknown {
  return {
    source,
    experiments: experiments.map(({ lastChange, ...experiment }) => {
      const date = lastChange === undefined ? undefined : new Date(lastChange);
      const isKnown = date !== undefined && !Number.isNaN(date.getTime());
      return { ...experiment, lastChange: isKnown ? date.toISOString() : null };
    }),
  };
}
