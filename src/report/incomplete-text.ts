import type { ToldPart } from '../outcome.js';
import type { IncompleteStatus } from '../state/incomplete-status.js';
import type { SourceStatus } from '../state/status.js';
import { formatCount, formatNoun } from './format.js';
import { artifactsAdvice } from './notice-text.js';
import { printable } from './text-width.js';

/** Parts of one run that are named one by one. */
const PARTS_NAMED = 5;

/** The runs of which something could not be read, with the reasons and what to do; how many, where they are not named. */
export function incompleteLines({ incomplete, incompleteRuns }: SourceStatus): string[] {
  if (incomplete === 0) return [];
  if (incompleteRuns === undefined) {
    return [`  Of ${formatNoun(incomplete, 'run')} something could not be read: --incomplete names them.`];
  }
  return [
    '  Runs of which something could not be read; Aim keeps what it had of it, and each conversion tries again:',
    ...incompleteRuns.flatMap(runLines),
    '    What is gone for good is no longer told after convert --accept-missing RUN_ID, or a path or URI above it.',
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
