import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { ConvertError, errorCode, toConvertError } from '../errors.js';

/** Neither a FIFO nor a terminal that nobody reads may hold up a conversion, nor become ours. */
const APPEND =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/**
 * A log in a file. Each line is on its way to the disk when `write` returns, so that a process that is killed loses none. A line
 * that cannot be written is lost, and the next one is tried.
 */
export class LogFile {
  readonly #path: string;
  readonly #failed: (failure: ConvertError) => void;
  #fd: number;
  #isFailing = false;
  /** A line was written in part. */
  #isTorn = false;
  #hasLost = false;

  /**
   * Opens the file, or creates it.
   * @param failed is called when lines begin to be lost
   * @throws ConvertError `fatal`
   */
  constructor(path: string, failed: (failure: ConvertError) => void) {
    this.#path = path;
    this.#failed = failed;
    this.#fd = open(path);
  }

  /** Whether lines are missing in the file. */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  write(line: string): void {
    let bytes = Buffer.from(this.#isTorn ? `\n${line}` : line);
    try {
      while (bytes.length > 0) {
        const written = writeSync(this.#fd, bytes);
        this.#isTorn = written < bytes.length;
        bytes = bytes.subarray(written);
      }
      this.#isFailing = false;
    } catch (cause) {
      this.#hasLost = true;
      this.#fail(cause);
    }
  }

  /** Goes on in a new file of the same name, if the old one was moved away; in the old one if that cannot be. */
  reopen(): void {
    try {
      const fd = open(this.#path);
      closeSync(this.#fd);
      this.#fd = fd;
      this.#isTorn = false;
    } catch (cause) {
      this.#fail(cause);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #fail(cause: unknown): void {
    if (!this.#isFailing) this.#failed(unwritable(this.#path, cause));
    this.#isFailing = true;
  }
}

function open(path: string): number {
  let fd: number;
  try {
    fd = openSync(path, APPEND);
  } catch (cause) {
    throw unwritable(path, cause);
  }
  const stats = fstatSync(fd);
  if (stats.isFile() || stats.isCharacterDevice()) return fd;
  closeSync(fd);
  throw new ConvertError('fatal', 'log-unwritable', `The log file ${path} is not a file.`, { where: path });
}

/** Where the words of {@link toConvertError}, which speak of a file that is there, do not fit. */
const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'cannot be created: its directory does not exist',
  // of a FIFO without a reader
  ENXIO: 'is not a file',
};

function unwritable(path: string, cause: unknown): ConvertError {
  const what = `The log file ${path}`;
  const code = errorCode(cause) ?? '';
  const { message, hint } = toConvertError(cause, 'fatal', what);
  const words = WORDS[code];
  return new ConvertError('fatal', 'log-unwritable', words === undefined ? message : `${what} ${words}.`, {
    where: path,
    cause,
    ...(hint !== undefined && { hint }),
  });
}
