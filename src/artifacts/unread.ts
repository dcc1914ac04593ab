import type { Notice } from '../model.js';

/** Whether this tells of artifacts that could not be had, and may be there another time. */
export function isUnread(notice: Notice): boolean {
  return (
    notice.kind === 'artifacts-unreachable' || (notice.kind === 'artifact-skipped' && notice.reason === 'unreadable')
  );
}
