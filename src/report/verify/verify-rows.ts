import type { RunVerdict, Verdict } from '../../verify/compare/verdict.js';
import { nameText, sentence, sentences } from '../file/page-text.js';
import type { PageRank } from '../file/page-writer.js';
import { formatNoun } from '../format.js';
import type { PageList, PageRun, Tone } from '../page/page-data.js';
import { byCause, differenceText, findingText, type Verified, verdictNames } from './verify-text.js';

const TONES: Readonly<Record<Verdict, Tone>> = {
  equal: 'good',
  expected: 'good',
  differs: 'bad',
  missing: 'bad',
  extra: 'warn',
  behind: 'plain',
  'changed-in-aim': 'plain',
  unread: 'warn',
};

/** Those with more are shown first. */
const WEIGHTS: Readonly<Record<Verdict, number>> = {
  differs: 7,
  missing: 6,
  unread: 5,
  extra: 4,
  'changed-in-aim': 3,
  behind: 2,
  expected: 1,
  equal: 0,
};

/** How much there is to say of a run. */
export function rankOf({ verdict, unread, isUnexpected }: RunVerdict): PageRank {
  if (verdict === 'equal') return 'plain';
  const isWrong = verdict === 'differs' || verdict === 'missing' || verdict === 'unread' || isUnexpected === true;
  return isWrong || unread.length > 0 ? 'attention' : 'noticed';
}

/** A run as the page shows it; its size is bounded. */
export function verdictRow(run: RunVerdict, groups: readonly string[], verified: Verified): PageRun {
  const { hash, runId, runName, experiment, verdict, compared, unread } = run;
  const lists = listsOf(run);
  const reason = run.reason === undefined ? lists[0]?.texts[0] : sentence(run.reason);
  const isIncomplete = unread.length > 0 && verdict !== 'unread';
  return {
    id: nameText(runId ?? hash),
    ...(runName !== undefined && { name: nameText(runName) }),
    ...(experiment !== undefined && { experiment: nameText(experiment) }),
    badges: [
      { word: verdictWord(verdict, verified), tone: TONES[verdict] },
      ...(isIncomplete ? [{ word: 'incomplete', tone: 'warn' } as const] : []),
    ],
    points: compared.points,
    ...(compared.files > 0 && { amounts: [formatNoun(compared.files, 'file')] }),
    ...(reason !== undefined && (isIncomplete || !isFine(verdict)) && { reason }),
    ...(lists.length > 0 && { lists }),
    keys: [verdict, ...(isIncomplete ? ['incomplete'] : []), ...groups],
    weight: WEIGHTS[verdict] + (isIncomplete ? 4.5 : 0),
  };
}

/** Of one run. */
function verdictWord(verdict: Verdict, verified: Verified): string {
  return verdict === 'differs' && verified === 'comparison' ? 'differs' : verdictNames(verified)[verdict];
}

function isFine(verdict: Verdict): boolean {
  return verdict === 'equal' || verdict === 'expected';
}

function listsOf(run: RunVerdict): PageList[] {
  const { differences, differenceCount, findings, unread, allowed, pointsBehind = 0 } = run;
  const differ = [...differences].sort(byCause).map(differenceText);
  return [
    ...list('Differences', sentences(differ, differenceCount)),
    ...list('Structure in Aim', sentences(findings.map(findingText))),
    ...list(
      'Could not be read in MLflow',
      sentences(unread.map(({ part, item, why }) => `${part}${item === undefined ? '' : ` ${item}`}: ${why}`)),
    ),
    ...list('Not in Aim yet', some(pointsBehind, 'point')),
    ...list('As docs/mapping.md says', [
      ...some(allowed.pointsCollapsed, 'collapsed point'),
      ...some(allowed.metricsRenumbered, 'renumbered metric'),
      ...some(allowed.links, 'link to a file', 'links to files'),
      ...some(allowed.kept, 'difference in a part that cannot be read', 'differences in parts that cannot be read'),
    ]),
  ];
}

function list(title: string, texts: readonly string[]): PageList[] {
  return texts.length === 0 ? [] : [{ title, texts }];
}

function some(count: number, singular: string, plural?: string): string[] {
  return count > 0 ? [formatNoun(count, singular, plural)] : [];
}
