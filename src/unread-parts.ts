import type { Notice, UnreachableReason, UnreadPart } from './model.js';

/** A part of a run that could not be read, and why. */
export interface ToldPart extends UnreadPart {
  /** A sentence. */
  readonly why: string;
  /** Of all artifacts. */
  readonly reason?: UnreachableReason;
  /** Of a whole part: it was empty, which is taken for unread because Aim has something of it. */
  readonly empty?: true;
}

/** A part that is to be looked at again. */
export type SoughtPart = Omit<ToldPart, 'why'>;

/**
 * The parts of a run that, as these notices tell, could not be read. A metric whose points were deleted is not among them: MLflow
 * has no more of it that could be read one day.
 */
export function unreadParts(notices: readonly Notice[]): ToldPart[] {
  return notices.flatMap((notice) => (notice.kind === 'history-missing' ? [] : (unreadPart(notice) ?? [])));
}

/** What could not be read, where that is what the notice tells: what Aim has of it stays. */
export function unreadPart(notice: Notice): ToldPart | undefined {
  switch (notice.kind) {
    case 'artifacts-unreachable':
      return { part: 'artifacts', why: notice.detail, reason: notice.reason ?? 'failed' };
    case 'artifact-skipped':
      return notice.reason === 'unreadable' ? { part: 'artifacts', item: notice.path, why: notice.detail } : undefined;
    case 'field-unreadable':
      return notice.unread && { ...notice.unread, why: notice.detail };
    case 'history-missing':
      return { part: 'metrics', item: notice.metric, why: 'MLflow has only its latest value.' };
    default:
      return undefined;
  }
}
