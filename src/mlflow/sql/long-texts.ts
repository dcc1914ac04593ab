import type { Notice, UnreadPart } from '../../model.js';
import { MAX_FIELD_BYTES } from '../common/bounds.js';
import type { Database } from './database.js';

/** Takes note of something about one run. */
export type TellRun = (runId: string, notice: Notice) => void;

/**
 * SQL for a text that somebody may have made too long to be read, as two columns: the text, NULL where it is too long; and its bytes,
 * where it is. MLflow's own tables bound most of theirs, SQLite's bound none.
 */
export function boundedText(database: Database, column: string): string {
  const bytes = `octet_length(${column})`;
  return `CASE WHEN ${bytes} <= ${MAX_FIELD_BYTES} THEN ${database.text(column)} END,
    CASE WHEN ${bytes} > ${MAX_FIELD_BYTES} THEN ${bytes} END`;
}

/** What is told of such a text. */
export function tooLongNotice(file: string, unread: UnreadPart & { readonly item: string }, bytes: string): Notice {
  const detail = `It has ${bytes} bytes, more than the ${MAX_FIELD_BYTES} that are read.`;
  return { kind: 'field-unreadable', field: unread.item, file, detail, unread };
}

/** By UTF-16 code units, nothing as the empty text. */
export function compareTexts(a: string | null | undefined, b: string | null | undefined): number {
  const [left, right] = [a ?? '', b ?? ''];
  return left < right ? -1 : left > right ? 1 : 0;
}
