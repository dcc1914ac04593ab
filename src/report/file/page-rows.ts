import { unreadParts } from '../../mapping/unread-parts.js';
import type { Notice } from '../../model.js';
import type { RunOutcome, RunReport, ToldPart } from '../../outcome.js';
import { formatNoun } from '../format.js';
import { partText } from '../incomplete-text.js';
import { noticeLines } from '../notice-text.js';
import type { PageList, PageRun, Tone } from '../page/page-data.js';
import { nameText, sentence, sentences } from './page-text.js';
import type { PageRank } from './page-writer.js';

const TONES: Readonly<Record<RunOutcome, Tone>> = {
  new: 'good',
  updated: 'good',
  unchanged: 'plain',
  skipped: 'warn',
  failed: 'bad',
};

/** How much there is to say of a run. Runs that MLflow has deleted are left out in any number, and need no attention. */
export function rankOf({ outcome, code, incomplete = [], notices }: RunReport): PageRank {
  if (outcome === 'failed' || incomplete.length > 0) return 'attention';
  return notices.length > 0 || (outcome === 'skipped' && code !== 'deleted') ? 'noticed' : 'plain';
}

/** A run as the page shows it; its size is bounded. */
export function pageRun(run: RunReport, groups: readonly string[]): PageRun {
  const { runName, seconds, counts, outcome, incomplete = [], notices } = run;
  const unread = sentences(incomplete.map((part) => unreadText(run, part)));
  const told = sentences(noticeLines(notices.filter((notice) => !isToldAsUnread(run, notice))).map(({ text }) => text));
  const reason = run.reason === undefined ? unread[0] : sentence(run.reason);
  const artifacts = Object.values(counts.artifacts).reduce((sum, files) => sum + files, 0);
  const lists = [...list('Could not be read', unread), ...list('Left behind or changed', told)];
  return {
    id: nameText(run.runId),
    ...(runName !== undefined && { name: nameText(runName) }),
    experiment: nameText(run.experiment),
    badges: [
      { word: outcome, tone: TONES[outcome] },
      ...(unread.length > 0 ? [{ word: 'incomplete', tone: 'warn' } as const] : []),
    ],
    points: counts.points,
    ...(seconds !== undefined && { seconds }),
    ...(artifacts > 0 && { amounts: [formatNoun(artifacts, 'artifact')] }),
    ...(reason !== undefined && { reason }),
    ...(lists.length > 0 && { lists }),
    keys: [outcome, ...(unread.length > 0 ? ['incomplete'] : []), ...(told.length > 0 ? ['noticed'] : []), ...groups],
    weight: weightOf(run),
  };
}

function weightOf({ outcome, incomplete = [], notices }: RunReport): number {
  if (outcome === 'failed') return 4;
  if (incomplete.length > 0) return 3;
  if (outcome === 'skipped') return 2;
  return notices.length > 0 ? 1 : 0;
}

function list(title: string, texts: readonly string[]): PageList[] {
  return texts.length === 0 ? [] : [{ title, texts }];
}

/** Whether a notice only repeats why the run is incomplete. */
export function isToldAsUnread({ incomplete }: RunReport, notice: Notice): boolean {
  return incomplete !== undefined && unreadParts([notice]).length > 0;
}

/** A part that could not be read, why, and where its artifacts would be. */
export function unreadText({ notices }: RunReport, part: ToldPart): string {
  const unreachable = notices.find((notice) => notice.kind === 'artifacts-unreachable');
  return partText(part, unreachable?.uri);
}
