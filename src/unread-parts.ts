import type { Notice, UnreachableReason, UnreadPart } from './model.js';

/** A part of a run that could not be read, and why. */
export interface ToldPart extends UnreadPart {
  /** A sentence. */
  readonly why: string;
  /** Of a whole artifact root. */
  readonly reason?: UnreachableReason;
}

/** The parts of a run that, as these notices tell, could not be read. */
export function unreadParts(notices: readonly Notice[]): ToldPart[] {
  return notices.flatMap((notice) => unreadPart(notice) ?? []);
}

/** What could not be read, where that is what the notice tells. */
export function unreadPart(notice: Notice): ToldPart | undefined {
  switch (notice.kind) {
    case 'artifacts-unreachable':
      return { part: 'artifacts', why: notice.detail, reason: notice.reason ?? 'failed' };
    case 'artifact-skipped':
      return notice.reason === 'unreadable' ? { part: 'artifacts', item: notice.path, why: notice.detail } : undefined;
    case 'field-unreadable':
      return notice.unread && { ...notice.unread, why: notice.detail };
    default:
      return undefined;
  }
}
