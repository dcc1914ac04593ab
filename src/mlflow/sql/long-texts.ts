import type { Notice, UnreadPart } from '../../model.js';
import { MAX_FIELD_BYTES } from '../common/bounds.js';
import type { Database } from './database.js';

/** Receives a notice about one run. */
export type TellRun = (runId: string, notice: Notice) => void;

/**
 * SQL for a text that may be too long to be read, as two columns: the text, or NULL if it is too long; then its size in bytes, and
 * otherwise NULL. MLflow's schema limits most texts, but SQLite ignores such limits.
 */
export function boundedText(database: Database, column: string): string {
  const bytes = `octet_length(${column})`;
  return `CASE WHEN ${bytes} <= ${MAX_FIELD_BYTES} THEN ${database.text(column)} END,
    CASE WHEN ${bytes} > ${MAX_FIELD_BYTES} THEN ${bytes} END`;
}

/** The notice about such a text. */
export function tooLongNotice(file: string, unread: UnreadPart & { readonly item: string }, bytes: string): Notice {
  const detail = `It has ${bytes} bytes, more than the limit of ${MAX_FIELD_BYTES}.`;
  return { kind: 'field-unreadable', field: unread.item, file, detail, unread };
}

/** Compares by UTF-16 code units; null counts as empty. */
export function compareTexts(a: string | null | undefined, b: string | null | undefined): number {
  const [left, right] = [a ?? '', b ?? ''];
  return left < right ? -1 : left > right ? 1 : 0;
}
