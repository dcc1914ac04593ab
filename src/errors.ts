/**
 * How the pipeline reacts to an error:
 *
 * - `skip-item`: one metric line, one artifact; the run goes on, the loss is reported.
 * - `not-a-run`: what looked like a run is none that MLflow itself would show; it is left out and reported.
 * - `skip-run`: nothing of this run is published, the others go on; exit code 3.
 * - `fatal`: nothing more can be done; exit code 1.
 */
export type ErrorKind = 'skip-item' | 'not-a-run' | 'skip-run' | 'fatal';

export interface ErrorDetails {
  /** The file, URI or run it happened to. */
  readonly where?: string;
  /** What the user can do about it, as a sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** The one error class of the project. `message` is a sentence for a person; it never holds a credential. */
export class ConvertError extends Error {
  override readonly name = 'ConvertError';
  readonly kind: ErrorKind;
  readonly where: string | undefined;
  readonly hint: string | undefined;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.where = details.where;
    this.hint = details.hint;
  }

  /** The message, the place and the hint in one line. */
  get sentence(): string {
    const place = this.where !== undefined && !this.message.includes(this.where) ? ` (${this.where})` : '';
    return `${this.message}${place}${this.hint === undefined ? '' : ` ${this.hint}`}`;
  }
}

interface CodeMeaning {
  readonly kind: ErrorKind;
  readonly says: string;
  readonly hint?: string;
}

/** What the operating system's codes mean to somebody who converts runs. */
const CODES: Readonly<Record<string, CodeMeaning>> = {
  ENOENT: { kind: 'skip-item', says: 'does not exist' },
  ENOTDIR: { kind: 'skip-item', says: 'is not a directory' },
  EISDIR: { kind: 'skip-item', says: 'is a directory' },
  EACCES: {
    kind: 'skip-item',
    says: 'may not be read or written',
    hint: 'Give this user the right to it and run again.',
  },
  EPERM: { kind: 'skip-item', says: 'may not be changed', hint: 'Give this user the right to it and run again.' },
  EROFS: { kind: 'fatal', says: 'lies on a read-only file system', hint: 'Choose another place.' },
  ENOSPC: { kind: 'fatal', says: 'could not be written: no space is left', hint: 'Free some space and run again.' },
  EDQUOT: { kind: 'fatal', says: 'could not be written: the quota is used up', hint: 'Free some space and run again.' },
  EFBIG: {
    kind: 'fatal',
    says: 'could not be written: it would be larger than files may become',
    hint: 'Raise the limit (ulimit -f), or choose another file system.',
  },
  EMFILE: {
    kind: 'fatal',
    says: 'could not be opened: too many open files',
    hint: 'Lower --concurrency or raise ulimit -n.',
  },
  ENFILE: { kind: 'fatal', says: 'could not be opened: the system has too many open files' },
  EIO: { kind: 'skip-item', says: 'could not be read: the disk reports an error' },
  ELOOP: { kind: 'skip-item', says: 'is a link that leads to itself' },
  ENAMETOOLONG: { kind: 'skip-item', says: 'has too long a name' },
  EBUSY: { kind: 'skip-item', says: 'is busy' },
};

/** The `code` of a Node error, if it has one. */
export function errorCode(cause: unknown): string | undefined {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}

/** The path that an error of the system is about; undefined for errors that {@link toConvertError} has no words for. */
export function systemErrorPath(cause: unknown): string | undefined {
  const code = errorCode(cause);
  if (code === undefined || !Object.hasOwn(CODES, code)) return undefined;
  const path = typeof cause === 'object' && cause !== null && 'path' in cause ? cause.path : undefined;
  return typeof path === 'string' ? path : 'A file';
}

/** Codes that only writing can meet: whatever was being read, it is the repository's disk that they speak of. */
const OF_WRITING: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS']);

export function isOfWriting(cause: unknown): boolean {
  return OF_WRITING.has(errorCode(cause));
}

/** True for what an aborted signal throws. */
export function isAbort(cause: unknown): boolean {
  return cause instanceof Error && (cause.name === 'AbortError' || errorCode(cause) === 'ABORT_ERR');
}

/**
 * Turns anything thrown into a {@link ConvertError}. One of ours passes unchanged; a system error is named by the table
 * above; everything else keeps its own message and gets `fallback` as its kind.
 */
export function toConvertError(cause: unknown, fallback: ErrorKind, where: string): ConvertError {
  if (cause instanceof ConvertError) return cause;
  const code = errorCode(cause);
  const meaning = code === undefined ? undefined : CODES[code];
  if (meaning !== undefined) {
    const details = meaning.hint === undefined ? { where, cause } : { where, cause, hint: meaning.hint };
    return new ConvertError(meaning.kind, `${where} ${meaning.says}.`, details);
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return new ConvertError(fallback, message.endsWith('.') ? message : `${message}.`, { where, cause });
}

/** The same for what nothing can be done without. */
export function asFatal(cause: unknown, where: string): ConvertError {
  const { kind, message, hint, where: place } = toConvertError(cause, 'fatal', where);
  if (kind === 'fatal' && cause instanceof ConvertError) return cause;
  return new ConvertError('fatal', message, { where: place ?? where, cause, ...(hint !== undefined && { hint }) });
}
