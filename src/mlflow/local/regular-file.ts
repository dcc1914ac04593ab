import { type BigIntStats, closeSync, constants, fstatSync, openSync } from 'node:fs';
import { ConvertError } from '../../errors.js';

/** An open file of a source, and what it was when it was opened. */
export interface RegularFile {
  /** To be closed by whoever opened it. */
  readonly fd: number;
  readonly stats: BigIntStats;
}

/** Opening a FIFO waits for its other end, and opening a device can do anything; without these flags both would. */
const READ_ONLY = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/**
 * Opens a file of a source for reading. All of them are opened here: whoever made the store decides what lies in it, and
 * only a regular file comes to an end. Throws the system's error, or a `skip-item` for a FIFO, a device, a socket or a
 * directory.
 */
export function openRegular(path: string): RegularFile {
  const fd = openSync(path, READ_ONLY);
  try {
    const stats = fstatSync(fd, { bigint: true });
    if (!stats.isFile()) throw notRegular(path);
    return { fd, stats };
  } catch (cause) {
    closeSync(fd);
    throw cause;
  }
}

/** What is told of a FIFO, a device or a socket where a file should be. */
export function notRegular(path: string): ConvertError {
  return new ConvertError('skip-item', `${path} is not a regular file.`, { where: path });
}
