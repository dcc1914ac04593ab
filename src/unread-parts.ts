import type { Notice, UnreadPart } from './model.js';

/** The parts of a run that, as these notices tell, could not be read. */
export function unreadParts(notices: readonly Notice[]): UnreadPart[] {
  return notices.flatMap((notice) => unreadPart(notice) ?? []);
}

/** What could not be read, where that is what the notice tells. */
export function unreadPart(notice: Notice): UnreadPart | undefined {
  switch (notice.kind) {
    case 'artifacts-unreachable':
      return { part: 'artifacts' };
    case 'artifact-skipped':
      return notice.reason === 'unreadable' ? { part: 'artifacts', item: notice.path } : undefined;
    case 'field-unreadable':
      return notice.unread;
    default:
      return undefined;
  }
}
