import { ConvertError, errorCode, toConvertError } from '../../errors.js';
import type { Notice, UnreadPart } from '../../model.js';
import { OutsideLink } from '../trust/links.js';

/**
 * The `skip-item` error for a system error about one file. Throws errors that concern more than the file: those of the system as a whole (too
 * many open files), and anything that is not a system error.
 */
export function asSkippable(cause: unknown, path: string): ConvertError {
  if (!(cause instanceof ConvertError) && errorCode(cause) === undefined) throw cause;
  const error = toConvertError(cause, 'skip-item', path);
  if (error.kind === 'fatal') throw error;
  return error;
}

/** The notice of a part of a run, or of one item of it, that could not be read. */
export function unreadableField(field: string, file: string, error: ConvertError, unread: UnreadPart): Notice {
  const refused = error instanceof OutsideLink;
  return { kind: 'field-unreadable', field, file, detail: error.message, unread, ...(refused && { refused }) };
}
