/**
 * How the pipeline reacts to an error:
 *
 * - `skip-item`: one metric line, one artifact; the run goes on, the loss is reported.
 * - `not-a-run`: what looked like a run is none that MLflow itself would show; it is left out and reported.
 * - `skip-run`: nothing of this run is published, the others go on; exit code 3.
 * - `fatal`: nothing more can be done; exit code 1.
 */
export type ErrorKind = 'skip-item' | 'not-a-run' | 'skip-run' | 'fatal';

/**
 * What happened, for programs: stable, and listed in docs/codes.md. People get `message`; nothing is decided by that.
 */
export type ErrorCode =
  // files
  | 'not-found'
  | 'wrong-type'
  | 'permission-denied'
  | 'read-only'
  | 'no-space'
  | 'io-error'
  | 'bad-path'
  | 'outside-link'
  | 'busy'
  | 'damaged-file'
  | 'too-large'
  | 'unsupported-version'
  // what the user asked for
  | 'invalid-argument'
  | 'invalid-environment'
  | 'source-not-found'
  | 'source-unsupported'
  | 'not-mlflow'
  | 'inside-mlflow'
  | 'unknown-experiment'
  | 'report-unwritable'
  | 'log-unwritable'
  | 'cannot-listen'
  // servers
  | 'unreachable'
  | 'auth-failed'
  | 'tls-failed'
  | 'server-error'
  | 'bad-response'
  | 'missing-package'
  // runs
  | 'wrong-id'
  | 'duplicate-run-id'
  | 'run-not-found'
  | 'changed-while-reading'
  // the Aim repository
  | 'repository-not-found'
  | 'repository-locked'
  | 'repository-replaced'
  | 'never-converted'
  // this process
  | 'out-of-resources'
  | 'worker-lost'
  | 'cancelled'
  | 'unexpected';

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
  readonly code: ErrorCode;
  readonly where: string | undefined;
  readonly hint: string | undefined;

  constructor(kind: ErrorKind, code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.code = code;
    this.where = details.where;
    this.hint = details.hint;
  }

  /** The message, the place and the hint in one line. */
  get sentence(): string {
    const place = this.where !== undefined && !this.message.includes(this.where) ? ` (${this.where})` : '';
    return `${this.message}${place}${this.hint === undefined ? '' : ` ${this.hint}`}`;
  }
}

interface Meaning {
  readonly kind: ErrorKind;
  readonly code: ErrorCode;
  /** Gets what was attempted, as far as the system call tells: `read`. */
  readonly says: string | ((attempted: string | undefined) => string);
  readonly hint?: string;
}

const GRANT_ACCESS = 'Give this user access to it and run again.';
const FREE_SPACE = 'Free some space and run again.';

/** What the operating system's error codes mean here. `says` completes a sentence that begins with the path. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOENT: { kind: 'skip-item', code: 'not-found', says: 'does not exist' },
  ENOTDIR: { kind: 'skip-item', code: 'wrong-type', says: 'is not a directory' },
  EISDIR: {
    kind: 'skip-item',
    code: 'wrong-type',
    says: 'is a directory, but should be a file',
  },
  EACCES: {
    kind: 'skip-item',
    code: 'permission-denied',
    says: (attempted = 'accessed') => `cannot be ${attempted}: permission denied`,
    hint: GRANT_ACCESS,
  },
  EPERM: {
    kind: 'skip-item',
    code: 'permission-denied',
    says: (attempted = 'changed') => `cannot be ${attempted}: permission denied`,
    hint: GRANT_ACCESS,
  },
  EROFS: {
    kind: 'fatal',
    code: 'read-only',
    says: 'is on a read-only file system',
    hint: 'Mount it writable, or choose another place.',
  },
  ENOSPC: { kind: 'fatal', code: 'no-space', says: 'could not be written: no space left', hint: FREE_SPACE },
  EDQUOT: { kind: 'fatal', code: 'no-space', says: 'could not be written: disk quota exceeded', hint: FREE_SPACE },
  EFBIG: {
    kind: 'fatal',
    code: 'no-space',
    says: 'could not be written: file size limit exceeded',
    hint: 'Raise the limit (ulimit -f), or choose another file system.',
  },
  EMFILE: {
    kind: 'fatal',
    code: 'out-of-resources',
    says: 'could not be opened: too many open files',
    hint: 'Lower --concurrency or raise ulimit -n.',
  },
  ENFILE: { kind: 'fatal', code: 'out-of-resources', says: 'could not be opened: too many open files in the system' },
  EIO: {
    kind: 'skip-item',
    code: 'io-error',
    says: (attempted = 'read or written') => `could not be ${attempted}: input/output error`,
  },
  ELOOP: { kind: 'skip-item', code: 'bad-path', says: 'is a symbolic link that leads to itself' },
  ENAMETOOLONG: { kind: 'skip-item', code: 'bad-path', says: 'has a name that is too long' },
  EBUSY: { kind: 'skip-item', code: 'busy', says: 'is in use' },
};

/** What system calls attempt. Opening is for reading or for writing, and Node does not tell for which. */
const ATTEMPTS: Readonly<Record<string, string>> = {
  open: 'opened',
  opendir: 'read',
  scandir: 'read',
  read: 'read',
  readlink: 'read',
  stat: 'read',
  lstat: 'read',
  write: 'written',
  fsync: 'written',
  ftruncate: 'written',
  mkdir: 'created',
  rename: 'renamed',
  unlink: 'removed',
  rmdir: 'removed',
};

/** What the failed system call attempted, as a participle. */
function attemptOf(cause: unknown): string | undefined {
  const call = typeof cause === 'object' && cause !== null && 'syscall' in cause ? cause.syscall : undefined;
  return typeof call === 'string' && Object.hasOwn(ATTEMPTS, call) ? ATTEMPTS[call] : undefined;
}

/** The code of an error of Node or of a driver; undefined for others, a {@link ConvertError} among them. */
export function errorCode(cause: unknown): string | undefined {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined;
  if (cause instanceof ConvertError) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}

/** The path that an error of the system is about; undefined for errors that {@link toConvertError} has no words for. */
export function systemErrorPath(cause: unknown): string | undefined {
  const code = errorCode(cause);
  if (code === undefined || !Object.hasOwn(MEANINGS, code)) return undefined;
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
  const meaning = code === undefined ? undefined : MEANINGS[code];
  if (meaning !== undefined) {
    const details = meaning.hint === undefined ? { where, cause } : { where, cause, hint: meaning.hint };
    const says = typeof meaning.says === 'string' ? meaning.says : meaning.says(attemptOf(cause));
    return new ConvertError(meaning.kind, meaning.code, `${where} ${says}.`, details);
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return new ConvertError(fallback, 'unexpected', message.endsWith('.') ? message : `${message}.`, { where, cause });
}

/** The same for what nothing can be done without. */
export function asFatal(cause: unknown, where: string): ConvertError {
  const { kind, code, message, hint, where: place } = toConvertError(cause, 'fatal', where);
  if (kind === 'fatal' && cause instanceof ConvertError) return cause;
  return new ConvertError('fatal', code, message, {
    where: place ?? where,
    cause,
    ...(hint !== undefined && { hint }),
  });
}
