import { asFatal } from '../../errors.js';
import type { Notice, StageContext } from '../../model.js';
import { isPermissionDenied } from './server-error.js';

/** Metrics that this user may not read are a notice, and `none`. */
export async function unlessHidden<T>(
  uri: string,
  notice: StageContext['notice'],
  none: T,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isPermissionDenied(error)) throw error;
    notice(hiddenMetrics(uri, error));
    return none;
  }
}

/** @param item the metric; absent for all */
export function hiddenMetrics(uri: string, error: unknown, item?: string): Notice {
  const detail = asFatal(error, uri).message;
  const unread = { part: 'metrics' as const, ...(item !== undefined && { item }) };
  return { kind: 'field-unreadable', field: item ?? 'metrics', file: uri, detail, unread };
}
