import { type BigIntStats, readSync } from 'node:fs';
import { cursorFields } from '../common/cursor-fields.js';
import { isSettled } from '../local/file-fingerprint.js';

/** The bytes before the offset by which a file is recognized; a line of MLflow has some 30. */
const TAIL_BYTES = 128;

/**
 * How far a metric file has been read: an offset after a newline, and what must not have changed for the file to be the same one
 * with more lines at its end.
 */
export interface FileCursor {
  readonly offset: number;
  readonly inode: string;
  /**
   * Size and times (nanoseconds) when it was read; while they are the same, there is nothing new. Empty if the file had changed
   * so recently that another change might leave them as they are.
   */
  readonly state: string;
  /** The bytes before the offset. */
  readonly tail: string;
}

/** The cursor of an open file that has been read up to `offset`. `state` is that from before it was read. */
export function fileCursor(fd: number, offset: number, { inode, state }: FileState): string {
  return JSON.stringify([offset, inode, state, tailBefore(fd, offset)]);
}

/** Undefined for a text that is not a cursor of {@link fileCursor}. */
export function parseFileCursor(text: string): FileCursor | undefined {
  const [offset, inode, state, tail] = cursorFields(text);
  if (typeof offset !== 'number' || typeof inode !== 'string') return undefined;
  return typeof state === 'string' && typeof tail === 'string' ? { offset, inode, state, tail } : undefined;
}

export type FileState = Pick<FileCursor, 'inode' | 'state'>;

/** What shows whether a file has changed since now. */
export function fileState(stats: BigIntStats): FileState & { readonly size: number } {
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  const state = isSettled(stats, Date.now()) ? `${size}:${mtimeNs}:${ctimeNs}` : '';
  return { inode: `${dev}:${ino}`, state, size: Number(size) };
}

/** Whether an open file is that of the cursor, with the same bytes before the offset. */
export function continues(fd: number, cursor: FileCursor, { inode, size }: FileState & { size: number }): boolean {
  return inode === cursor.inode && size >= cursor.offset && tailBefore(fd, cursor.offset) === cursor.tail;
}

function tailBefore(fd: number, offset: number): string {
  const bytes = Buffer.alloc(Math.min(TAIL_BYTES, offset));
  const read = bytes.length === 0 ? 0 : readSync(fd, bytes, 0, bytes.length, offset - bytes.length);
  return bytes.toString('latin1', 0, read);
}
