import { type BigIntStats, readSync } from 'node:fs';
import { cursorFields } from '../common/cursor-fields.js';
import { isSettled } from '../local/file-fingerprint.js';

/** Bytes before a mark by which a file is known again; a line of MLflow has some 30. */
const TAIL_BYTES = 128;

/**
 * How far a metric file was read: a place behind a newline, and what must be as it was for the file to be the same one
 * with more lines at its end.
 */
export interface FileCursor {
  readonly offset: number;
  readonly inode: string;
  /**
   * Size and times (nanoseconds) when it was read: while they stay, there is nothing new. Empty when it had changed just
   * before, and can change once more without their telling.
   */
  readonly state: string;
  /** The bytes before the offset. */
  readonly tail: string;
}

export type HistoryChange = 'none' | 'appended' | 'rewritten';

/** The mark of an open file that was read up to `offset`. `state` is that from before it was read. */
export function fileCursor(fd: number, offset: number, { inode, state }: FileState): string {
  const mark: FileCursor = { offset, inode, state, tail: tailBefore(fd, offset) };
  return JSON.stringify([mark.offset, mark.inode, mark.state, mark.tail]);
}

/** Undefined for what is no mark of {@link fileCursor}. */
export function parseFileCursor(text: string): FileCursor | undefined {
  const [offset, inode, state, tail] = cursorFields(text);
  if (typeof offset !== 'number' || typeof inode !== 'string') return undefined;
  return typeof state === 'string' && typeof tail === 'string' ? { offset, inode, state, tail } : undefined;
}

export type FileState = Pick<FileCursor, 'inode' | 'state'>;

/** What tells of a file that was looked at just now whether it has changed. */
export function fileState(stats: BigIntStats): FileState & { readonly size: number } {
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  const state = isSettled(stats, Date.now()) ? `${size}:${mtimeNs}:${ctimeNs}` : '';
  return { inode: `${dev}:${ino}`, state, size: Number(size) };
}

/** Whether an open file is that of the mark, with the same bytes before it. */
export function continues(fd: number, mark: FileCursor, { inode, size }: FileState & { size: number }): boolean {
  return inode === mark.inode && size >= mark.offset && tailBefore(fd, mark.offset) === mark.tail;
}

function tailBefore(fd: number, offset: number): string {
  const bytes = Buffer.alloc(Math.min(TAIL_BYTES, offset));
  const read = bytes.length === 0 ? 0 : readSync(fd, bytes, 0, bytes.length, offset - bytes.length);
  return bytes.toString('latin1', 0, read);
}
