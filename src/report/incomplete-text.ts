import type { ToldPart } from '../outcome.js';
import type { IncompleteStatus } from '../state/incomplete-status.js';
import type { SourceStatus } from '../state/status.js';
import { formatCount, formatNoun } from './format.js';
import { artifactsAdvice } from './notice-text.js';
import { printable } from './text-width.js';

/** Parts of one run that are named one by one. */
const PARTS_NAMED = 5;

/** The runs that could not be read completely, with the reasons and what to do; only their number if they are not named. */
export function incompleteLines({ incomplete, incompleteRuns }: SourceStatus): string[] {
  if (incomplete === 0) return [];
  if (incompleteRuns === undefined) {
    return [`  ${formatNoun(incomplete, 'run')} could not be read completely; see status --incomplete.`];
  }
  return [
    '  Runs that could not be read completely. Aim keeps what it had of the missing parts; each conversion tries again:',
    ...incompleteRuns.flatMap(runLines),
    '    To stop hearing of what is gone for good: convert --accept-missing RUN_ID, or a path or URI above it.',
  ];
}

function runLines({ runId, runName, experiment, unread, artifacts }: IncompleteStatus): string[] {
  const name = runName === undefined ? '' : ` (${runName})`;
  const named = unread.slice(0, PARTS_NAMED).map((part) => `      ${printable(partText(part, artifacts))}`);
  const more = unread.length - named.length;
  const rest = more > 0 ? [`      and ${formatCount(more)} more`] : [];
  return [`    ${printable(`${runId}${name} of ${experiment}`)}:`, ...named, ...rest];
}

/** A part of a run that could not be read, and why; `artifacts` is where they lie, if that is known. */
export function partText({ part, item, why, reason }: ToldPart, artifacts: string | undefined): string {
  if (part !== 'artifacts' || item !== undefined) return `${part}${item === undefined ? '' : ` ${item}`}: ${why}`;
  const place = artifacts === undefined ? '' : ` at ${artifacts}`;
  return `artifacts${place}: ${why} ${artifactsAdvice(reason)}`.trimEnd();
}
