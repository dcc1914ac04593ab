import { PART_NOUNS } from '../mapping/unread-parts.js';
import type { ArtifactSkipReason, Notice, UnreachableReason } from '../model.js';
import { fileExtension } from '../summary/file-extension.js';
import { formatBytes, formatCount, formatNoun } from './format.js';

const SKIP_REASONS: Readonly<Record<ArtifactSkipReason, string>> = {
  'no-kind': 'that Aim cannot show',
  'too-large': 'over the size limit',
  'not-an-image': 'without a valid image header',
  unreadable: 'that could not be read',
  'link-outside': 'behind links out of the run (--copy-links follows them)',
  'path-outside': 'listed outside of the directory that was asked for',
};

/** Why artifacts are not in Aim themselves, to follow a number of files: `that Aim cannot show`. */
export function skipReasonText(reason: ArtifactSkipReason | 'other'): string {
  return reason === 'other' ? 'for other reasons' : SKIP_REASONS[reason];
}

/** Whether artifacts that are left in MLflow for this reason are links in Aim. */
export function isLink(reason: ArtifactSkipReason | 'other'): boolean {
  return reason === 'no-kind' || reason === 'too-large' || reason === 'not-an-image';
}

/** What to do about artifacts that could not be listed, followed by a space; empty if the reason itself says so. */
export function artifactsAdvice(reason: UnreachableReason | undefined): string {
  return reason === 'missing' ? 'Mount or restore them, or name their new place with --artifacts-destination. ' : '';
}

/** One line about what happened to a run or to several. */
export interface NoticeLine {
  readonly level: 'warning' | 'note';
  readonly text: string;
}

/** A warning if something is missing or changed in Aim that users might look for there. What stays in MLflow as a link is a note. */
export function noticeLevel(notice: Notice): NoticeLine['level'] {
  if (notice.kind !== 'artifact-skipped')
    return notice.kind === 'metric-renumbered' || notice.kind === 'stale' ? 'note' : 'warning';
  return notice.reason === 'no-kind' || notice.reason === 'too-large' ? 'note' : 'warning';
}

/** The notices of one run: a line for each kind, and for each reason and extension of the artifacts left in MLflow. */
export function noticeLines(notices: readonly Notice[]): NoticeLine[] {
  const groups = new Map<string, Notice[]>();
  for (const notice of notices) {
    const key = groupKey(notice);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [notice]);
    else group.push(notice);
  }
  return [...groups.values()].map((group) => ({ level: noticeLevel(group[0]!), text: describe(group[0]!, group) }));
}

function groupKey(notice: Notice): string {
  return notice.kind === 'artifact-skipped'
    ? `${notice.kind} ${notice.reason} ${fileExtension(notice.path)}`
    : notice.kind;
}

/** What `group`, whose first notice is `first`, says. */
function describe(first: Notice, group: readonly Notice[]): string {
  const more = group.length === 1 ? '' : ` and ${formatCount(group.length - 1)} more`;
  switch (first.kind) {
    case 'line-skipped':
      return `${formatNoun(group.length, 'metric line')} could not be read: ${first.file}:${first.line}${more} (${first.reason}).`;
    case 'points-collapsed':
      return `${replacedPoints(sumPoints(group))}: metric ${first.metric}${more}.`;
    case 'metric-renumbered':
      return `${formatNoun(group.length, 'metric')} got new steps, 0, 1, 2 … in order of arrival: ${first.metric}${more}.`;
    case 'context-clash':
      return `${formatNoun(group.length, 'metric')} kept their names, because with a context they would have shared sequences: ${first.metric}${more} (${first.sequence}).`;
    case 'history-missing':
      return `MLflow has only the latest value of ${formatNoun(group.length, 'metric')}, not the points: ${first.metric}${more}.`;
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
      return `It is still RUNNING in MLflow, but nothing was logged after ${new Date(first.lastSign).toISOString()}; it was closed at that time.`;
  }
}

function describeSkipped(first: Notice & { kind: 'artifact-skipped' }, files: number, more: string): string {
  const size = first.size === undefined ? '' : ` of ${formatBytes(first.size)}`;
  const one = files === 1;
  if (first.reason === 'unreadable') return `${formatNoun(files, 'file')} could not be read: ${first.path}${more}.`;
  const what = `${formatNoun(files, 'file')} ${skipReasonText(first.reason)}`;
  const where = isLink(first.reason)
    ? `${one ? 'stays' : 'stay'} in MLflow as ${one ? 'a link' : 'links'}`
    : `${one ? 'was' : 'were'} left out`;
  return `${what} ${where}: ${first.path}${size}${more}.`;
}

/** The file, metric or field of a notice, and what is wrong with it; empty if there is no more to say. */
export function noticeDetail(notice: Notice): string {
  switch (notice.kind) {
    case 'line-skipped':
      return `${notice.file}:${notice.line} (${notice.reason}).`;
    case 'points-collapsed':
    case 'history-missing':
      return `${notice.metric}.`;
    case 'context-clash':
      return `${notice.metric} (${notice.sequence}).`;
    case 'artifact-skipped':
      return `${notice.path}. ${notice.detail}`;
    case 'artifacts-unreachable':
      return `${notice.uri}. ${notice.detail}`;
    case 'text-replaced':
      return `${notice.path}.`;
    case 'field-unreadable':
      return `${notice.field} in ${notice.file} (${notice.detail}).`;
    case 'metric-renumbered':
    case 'part-kept':
    case 'stale':
      return '';
  }
}

/** `1 point was replaced by a later one at the same step` */
export function replacedPoints(points: number): string {
  return `${formatNoun(points, 'point')} ${points === 1 ? 'was' : 'were'} replaced by a later one at the same step`;
}

function sumPoints(group: readonly Notice[]): number {
  return group.reduce((sum, notice) => sum + (notice.kind === 'points-collapsed' ? notice.points : 0), 0);
}
