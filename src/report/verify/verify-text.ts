import { describeFinding } from '../../verify/aim/finding-text.js';
import { contextText } from '../../verify/compare/compare-values.js';
import type { Difference } from '../../verify/compare/differences.js';
import type { RunVerdict, Verdict } from '../../verify/compare/verdict.js';
import type { Finding } from '../../verify/contents.js';
import type { VerifyOutcome, VerifyTotals } from '../../verify/session/verify-totals.js';
import { formatBytes, formatCount, formatDuration, formatNoun, formatRate } from '../format.js';
import { type TableRow, tableLines } from '../table.js';
import { printable } from '../text-width.js';

/** What verdicts are called in the table. */
const VERDICTS: Readonly<Record<Verdict, string>> = {
  equal: 'equal',
  expected: 'as expected',
  differs: 'differ',
  missing: 'missing',
  extra: 'only in Aim',
  behind: 'active, behind',
  'changed-in-aim': 'changed in Aim',
  unread: 'not read',
};

/** What two of them are called where there is no source to compare with. */
const STRUCTURE_VERDICTS: Readonly<Record<Verdict, string>> = { ...VERDICTS, equal: 'sound', differs: 'damaged' };

/** What was verified: a repository against its source, of that only what --quick looks at, or its structure alone. */
export type Verified = 'comparison' | 'headers' | 'structure';

/** What verdicts are called. */
export function verdictNames(verified: Verified): Readonly<Record<Verdict, string>> {
  return verified === 'structure' ? STRUCTURE_VERDICTS : VERDICTS;
}

/** Differences of a run that are shown. */
const SHOWN = 5;

/** The table at the end. */
export function verifyTable(totals: VerifyTotals, seconds: number, verified: Verified): string[] {
  const names = verdictNames(verified);
  const { runs, metrics, points, files, bytes, links, kept } = totals;
  const all = Object.values(runs).reduce((sum, count) => sum + count, 0);
  const verdicts = (Object.keys(VERDICTS) as Verdict[])
    .filter((verdict) => runs[verdict] > 0)
    .map((verdict) => `${formatCount(runs[verdict])} ${names[verdict]}`);
  const some = (count: number, what: string) => (count === 0 ? [] : [`${formatCount(count)} ${what}`]);
  const rows: TableRow[] = [
    ...(verified === 'structure'
      ? []
      : [['experiments', formatCount(totals.experiments), some(totals.experimentsFailed, 'not read')] as const]),
    ['runs', formatCount(all), verdicts],
    ['metrics', formatCount(metrics), some(totals.metricsRenumbered, 'renumbered')],
    [
      'points',
      formatCount(points),
      [...some(totals.pointsCollapsed, 'collapsed'), ...some(totals.pointsBehind, 'not in Aim yet')],
    ],
    ['files', formatCount(files), [formatBytes(bytes), ...some(links, 'links')]],
    ...(kept > 0 ? [['kept', formatCount(kept), ['of parts that cannot be read in MLflow']] as const] : []),
    ...(totals.runsIncomplete > 0
      ? [['incomplete', formatCount(totals.runsIncomplete), ['runs of which parts could not be read']] as const]
      : []),
    ['time', formatDuration(seconds), [formatRate(all / seconds, 'runs'), formatRate(points / seconds, 'points')]],
  ];
  return tableLines(rows);
}

/** What it came to, in a sentence. */
export function outcomeLine(outcome: VerifyOutcome, totals: VerifyTotals, verified: Verified): string {
  const { runs, extraUnexpected, findings } = totals;
  if (verified === 'structure') return structureLine(totals);
  switch (outcome) {
    case 'as-expected':
      if (verified === 'headers')
        return 'What --quick looks at is as in MLflow; points before the last, and files, were not compared.';
      return `Aim holds what MLflow has${exceptions(runs)}.`;
    case 'incomplete':
      return 'Aim holds what could be read in MLflow; some parts could not be read.';
    case 'differences': {
      const wrong = runs.differs + runs.missing + extraUnexpected;
      const parts = [
        ...(wrong > 0 ? [`${formatNoun(wrong, 'run')} ${wrong === 1 ? 'is' : 'are'} not in Aim as in MLflow`] : []),
        ...(findings > 0 ? [`${formatNoun(findings, 'problem')} of the repository as a whole`] : []),
      ];
      return `${parts.join('; ')}.`;
    }
  }
}

/** What is not as in MLflow, and need not be. */
function exceptions(runs: VerifyTotals['runs']): string {
  const parts = [
    ...(runs['changed-in-aim'] > 0 ? [`what was changed in Aim in ${formatNoun(runs['changed-in-aim'], 'run')}`] : []),
    ...(runs.behind > 0 ? [`what ${formatNoun(runs.behind, 'active run')} got since`] : []),
  ];
  return parts.length === 0 ? '' : `, but for ${parts.join(' and ')}`;
}

function structureLine({ runs, findings }: VerifyTotals): string {
  const parts = [
    ...(runs.differs > 0 ? [`${formatNoun(runs.differs, 'run')} ${runs.differs === 1 ? 'is' : 'are'} damaged`] : []),
    ...(findings > 0 ? [`${formatNoun(findings, 'problem')} of the repository as a whole`] : []),
  ];
  if (parts.length > 0) return `${parts.join('; ')}.`;
  return 'The repository is sound. What MLflow has was not looked at: no --tracking-uri.';
}

/** A run that is worth a word, with its first differences; nothing for one that is as it has to be. */
export function runLines(run: RunVerdict, verified: Verified): string[] {
  const { verdict, runName, hash, experiment, reason, differences, findings, unread, differenceCount, pointsBehind } =
    run;
  if (verdict === 'equal' || (verdict === 'expected' && unread.length === 0)) return [];
  const name = printable([experiment, runName ?? hash].filter((part) => part !== undefined).join(' / '));
  const id = runName === undefined || runName === hash ? '' : ` (${hash})`;
  const first = [...differences].sort(byCause).slice(0, SHOWN);
  const faults = findings.filter(({ severity }) => severity === 'error');
  const shownFaults = faults.slice(0, SHOWN);
  const more = differenceCount - first.length + faults.length - shownFaults.length;
  return [
    `${verdict === 'expected' ? 'incomplete' : verified === 'structure' ? STRUCTURE_VERDICTS[verdict] : verdict}: ${name}${id}`,
    ...(reason === undefined ? [] : [`  ${printable(reason)}`]),
    ...(verdict === 'behind' ? [`  ${formatNoun(pointsBehind ?? 0, 'point')} not in Aim yet`] : []),
    // first what makes that the rest cannot be compared
    ...shownFaults.map((finding) => `  ${printable(findingText(finding))}`),
    ...first.map((difference) => `  ${printable(differenceText(difference))}`),
    ...unread
      .slice(0, SHOWN)
      .map(({ part, item, why }) => printable(`  not read: ${part}${item === undefined ? '' : ` ${item}`}: ${why}`)),
    ...(more > 0 ? [`  … and ${formatCount(more)} more`] : []),
  ];
}

/** Differences that nothing explains come first. */
export function byCause(a: Difference, b: Difference): number {
  return rank(a) - rank(b);
}

function rank({ cause }: Difference): number {
  return cause === 'unexplained' ? 0 : 1;
}

/** `metric loss, step 12: MLflow 0.25, Aim 0.26`. */
export function differenceText({ code, sequence, step, record, expected, found, cause }: Difference): string {
  const what = [
    sequence === undefined ? undefined : `${sequenceNoun(code)} ${sequence.name}${contextOf(sequence)}`,
    step === undefined ? undefined : `step ${step}`,
    record,
  ].filter((part) => part !== undefined);
  const subject = what.length > 0 ? what.join(', ') : code.replace(/-(missing|extra|differs)$/, '');
  const because = cause === 'kept' ? ' (kept: it cannot be read in MLflow)' : '';
  return `${subject}: ${sides(code, expected, found)}${because}`;
}

function sides(code: string, expected: string | undefined, found: string | undefined): string {
  const noun = code === 'time-differs' ? 'time ' : '';
  if (code.endsWith('-missing') || found === undefined) return `missing in Aim (${expected})`;
  if (code.endsWith('-extra') || expected === undefined) return `only in Aim (${found})`;
  return `${noun}MLflow ${expected}, Aim ${found}`;
}

function sequenceNoun(code: string): string {
  if (code.startsWith('object')) return 'file of';
  if (code.startsWith('message')) return 'message';
  return code.startsWith('log') ? 'log' : 'metric';
}

function contextOf({ context }: NonNullable<Difference['sequence']>): string {
  return context.entries.size === 0 ? '' : ` ${contextText(context)}`;
}

/** A problem of Aim's files in a line; the run is told where it is not told already. */
export function findingText(finding: Finding): string {
  const { run: _, ...rest } = finding;
  return describeFinding(rest);
}
