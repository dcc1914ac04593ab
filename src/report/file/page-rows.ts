import type { RunReport, ToldPart } from '../../outcome.js';
import { formatCount } from '../format.js';
import { partText } from '../incomplete-text.js';
import { noticeLines } from '../notice-text.js';
import type { PageRank, PageRun } from '../page/page-data.js';
import { shortText } from './page-text.js';

const LONGEST_NAME = 200;
const LONGEST_SENTENCE = 500;
/** Sentences of one kind for one run. */
const MOST_SENTENCES = 12;

/** How much there is to say of a run. Runs that MLflow has deleted are left out in any number, and need no attention. */
export function rankOf({ outcome, code, incomplete = [], notices }: RunReport): PageRank {
  if (outcome === 'failed' || incomplete.length > 0) return 'attention';
  return notices.length > 0 || (outcome === 'skipped' && code !== 'deleted') ? 'noticed' : 'plain';
}

/** A run as the page shows it; its size is bounded. */
export function pageRun(run: RunReport, groups: readonly string[]): PageRun {
  const { runName, seconds, counts, reason, incomplete = [], notices } = run;
  const unread = sentences(incomplete.map((part) => unreadText(run, part)));
  const told = sentences(noticeLines(notices).map(({ text }) => text));
  return {
    id: shortText(run.runId, LONGEST_NAME),
    ...(runName !== undefined && { name: shortText(runName, LONGEST_NAME) }),
    experiment: shortText(run.experiment, LONGEST_NAME),
    outcome: run.outcome,
    ...(seconds !== undefined && { seconds: Number(seconds.toFixed(3)) }),
    points: counts.points,
    artifacts: counts.artifacts.image + counts.artifacts.text + counts.artifacts.audio,
    ...(reason !== undefined && { reason: sentence(reason) }),
    ...(unread.length > 0 && { unread }),
    ...(told.length > 0 && { notices: told }),
    ...(groups.length > 0 && { groups }),
  };
}

/** A part that could not be read, why, and where its artifacts would be. */
export function unreadText({ notices }: RunReport, part: ToldPart): string {
  const unreachable = notices.find((notice) => notice.kind === 'artifacts-unreachable');
  return partText(part, unreachable?.uri);
}

/** A sentence of a conversion, as long as a page has room for. */
export function sentence(text: string): string {
  return shortText(text, LONGEST_SENTENCE);
}

function sentences(texts: readonly string[]): string[] {
  const kept = texts.slice(0, MOST_SENTENCES).map(sentence);
  const more = texts.length - kept.length;
  return more > 0 ? [...kept, `and ${formatCount(more)} more`] : kept;
}
