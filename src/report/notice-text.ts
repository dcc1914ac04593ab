import { posix } from 'node:path';
import { PART_NOUNS } from '../mapping/unread-parts.js';
import type { ArtifactSkipReason, Notice, UnreachableReason } from '../model.js';
import { formatBytes, formatCount, formatNoun } from './format.js';

/** Longer ones are not what people mean by an extension. */
const LONGEST_EXTENSION = 12;

const SKIP_REASONS: Readonly<Record<ArtifactSkipReason, string>> = {
  'no-kind': 'of no kind that Aim shows',
  'too-large': 'over the size limit',
  'not-an-image': 'without a header of an image that Aim paints',
  unreadable: 'that could not be read',
  'link-outside': 'behind links out of the run (--copy-links follows them)',
  'path-outside': 'listed outside of the directory that was asked for',
};

/** Why artifacts were not transferred, to follow a number of files: `over the size limit`. */
export function skipReasonText(reason: ArtifactSkipReason | 'other'): string {
  return reason === 'other' ? 'for other reasons' : SKIP_REASONS[reason];
}

/** The extension of a path in lower case with its dot; empty when it has none. */
export function fileExtension(path: string): string {
  const extension = posix.extname(path).toLowerCase();
  return extension.length > LONGEST_EXTENSION || /\s/.test(extension) ? '' : extension;
}

/** What to do about artifacts that could not be listed, with a space behind it; empty where the reason itself says so. */
export function artifactsAdvice(reason: UnreachableReason | undefined): string {
  return reason === 'missing' ? 'Mount or restore them, or name their new place with --artifacts-destination. ' : '';
}

/** One line for the terminal: what kind of loss (the kinds are bounded one by one), and what to say about it. */
export interface NoticeLine {
  readonly kind: string;
  readonly text: string;
}

/**
 * The notices of one run for the terminal: one line for each metric that was not taken as it is, and one for each reason and extension of
 * the artifacts that stayed behind. Single files are in the report.
 */
export function noticeLines(notices: readonly Notice[]): NoticeLine[] {
  const groups = new Map<string, Notice[]>();
  for (const notice of notices) {
    const key = groupKey(notice);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [notice]);
    else group.push(notice);
  }
  return [...groups.values()].map((group) => ({ kind: kindOf(group[0]!), text: describe(group[0]!, group) }));
}

function groupKey(notice: Notice): string {
  return notice.kind === 'artifact-skipped' ? `${kindOf(notice)} ${fileExtension(notice.path)}` : notice.kind;
}

function kindOf(notice: Notice): string {
  return notice.kind === 'artifact-skipped' ? `${notice.kind} ${notice.reason}` : notice.kind;
}

/** What `group`, whose first notice is `first`, says. */
function describe(first: Notice, group: readonly Notice[]): string {
  const more = group.length === 1 ? '' : ` and ${formatCount(group.length - 1)} more`;
  switch (first.kind) {
    case 'line-skipped':
      return `${formatNoun(group.length, 'metric line')} could not be read: ${first.file}:${first.line}${more} (${first.reason}).`;
    case 'points-collapsed':
      return `${formatNoun(sumPoints(group), 'point')} gave way to a later one at the same step: metric ${first.metric}${more}.`;
    case 'metric-renumbered':
      return `${formatNoun(group.length, 'metric')} got new steps, 0, 1, 2 … in order of arrival: ${first.metric}${more}.`;
    case 'history-missing':
      return `MLflow has only the latest value of ${formatNoun(group.length, 'metric')}, and its points no more: ${first.metric}${more}.`;
    case 'artifact-skipped':
      return describeSkipped(first, group.length, more);
    case 'artifacts-unreachable':
      return `The artifacts at ${first.uri} could not be reached: ${first.detail} ${artifactsAdvice(first.reason)}--accept-missing says that they are gone for good.`;
    case 'part-kept': {
      const parts = group.map((notice) =>
        notice.kind === 'part-kept' ? formatNoun(notice.items, PART_NOUNS[notice.part]) : '',
      );
      return `What could not be read stays in Aim as it was: ${parts.join(', ')}.`;
    }
    case 'text-replaced':
      return `${formatNoun(group.length, 'text')} held bytes that are not UTF-8; they became U+FFFD: ${first.path}${more}.`;
    case 'field-unreadable':
      return `${formatNoun(group.length, 'field')} could not be read: ${first.field} in ${first.file}${more} (${first.detail}).`;
    case 'stale':
      return `It still says RUNNING, but gave no sign of life since ${new Date(first.lastSign).toISOString()}; it was closed at that time.`;
  }
}

function describeSkipped(first: Notice & { kind: 'artifact-skipped' }, files: number, more: string): string {
  const size = first.size === undefined ? '' : ` of ${formatBytes(first.size)}`;
  const what = `${formatNoun(files, 'file')} ${skipReasonText(first.reason)}`;
  return `${what} ${files === 1 ? 'was' : 'were'} not transferred: ${first.path}${size}${more}.`;
}

function sumPoints(group: readonly Notice[]): number {
  return group.reduce((sum, notice) => sum + (notice.kind === 'points-collapsed' ? notice.points : 0), 0);
}
