import {
  closeSync,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConvertError, errorCode, toConvertError } from '../../errors.js';

/** Text gathered before it is written. */
const CHUNK_LENGTH = 64 * 1024;

/**
 * A file that grows beside its place and takes its name at the end, so that what has the name is always whole. Writing is
 * synchronous, in large chunks: listeners cannot wait, so a slow disk must slow down the conversion instead of filling the
 * memory. Nor may they throw: the first failure is kept for the end.
 */
export class PartialFile {
  readonly #path: string;
  readonly #partial: string;
  readonly #descriptor: number;
  #buffer = '';
  #failure: ConvertError | undefined;

  /**
   * Creates the file that will become `path`.
   * @throws ConvertError `fatal` when that cannot be written
   */
  constructor(path: string) {
    this.#path = resolveTarget(path);
    this.#partial = `${this.#path}.${process.pid}.partial`;
    this.#descriptor = openForWriting(this.#partial, path);
  }

  /** Adds text; does nothing after a failure. */
  append(text: string): void {
    if (this.#failure !== undefined) return;
    this.#buffer += text;
    if (this.#buffer.length >= CHUNK_LENGTH) this.#attempt(() => this.#flush());
  }

  /**
   * Gives the file its name; to be called once.
   * @returns why that could not be done, if so
   */
  complete(): ConvertError | undefined {
    this.#attempt(() => this.#flush());
    this.#attempt(() => closeSync(this.#descriptor));
    if (this.#failure === undefined) this.#rename();
    else removeQuietly(this.#partial);
    return this.#failure;
  }

  #rename(): void {
    try {
      renameSync(this.#partial, this.#path);
    } catch (cause) {
      const message = `The report is complete, but ${this.#path} could not be replaced.`;
      this.#failure = new ConvertError('fatal', 'report-unwritable', message, {
        cause,
        hint: `It is in ${this.#partial}.`,
      });
    }
  }

  #flush(): void {
    let bytes = Buffer.from(this.#buffer);
    this.#buffer = '';
    while (bytes.length > 0) bytes = bytes.subarray(writeSync(this.#descriptor, bytes));
  }

  #attempt(step: () => void): void {
    try {
      step();
    } catch (cause) {
      this.#failure ??= toConvertError(cause, 'fatal', this.#path);
    }
  }
}

/**
 * Follows links, so that renaming replaces the file and not the link that leads to it, also when there is no file yet.
 * @throws ConvertError `fatal` for what is no file, as `/dev/stdout` mostly is: renaming would replace even a device
 */
function resolveTarget(path: string): string {
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there === undefined) return newTarget(path);
    if (there.isFile() && !isOutput(there)) return realpathSync(path);
  } catch (cause) {
    throw unwritable(path, cause);
  }
  throw new ConvertError(
    'fatal',
    'report-unwritable',
    `The report cannot be written to ${path}: that is not a file of its own.`,
    {
      hint: 'Give --report the name of a file; --log-format json writes to stdout.',
    },
  );
}

/** Where the file will be: behind a link that leads nowhere yet. */
function newTarget(path: string): string {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()
    ? resolveTarget(resolve(dirname(path), readlinkSync(path)))
    : path;
}

/** True for the file that stdout or stderr goes to: replaced, it would lose what they tell. */
function isOutput({ dev, ino }: Stats): boolean {
  return [1, 2].some((descriptor) => {
    try {
      const output = fstatSync(descriptor);
      return output.dev === dev && output.ino === ino;
    } catch {
      return false; // closed
    }
  });
}

function openForWriting(partial: string, path: string): number {
  try {
    return openSync(partial, 'w');
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOENT: 'no file can be made there',
  ENOTDIR: 'its directory is a file',
  ELOOP: 'it is a link that leads to itself',
};

function unwritable(path: string, cause: unknown): ConvertError {
  const code = errorCode(cause) ?? '';
  const hasNoDirectory = code === 'ENOENT' && !existsSync(dirname(path));
  const why = hasNoDirectory ? 'its directory does not exist' : (REASONS[code] ?? String(code || cause));
  return new ConvertError('fatal', 'report-unwritable', `The report cannot be written to ${path}: ${why}.`, {
    cause,
    hint: 'Give --report a file in a directory that this user may write to.',
  });
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // What was left of a report that failed is no news beside that failure.
  }
}
