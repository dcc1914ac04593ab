import { type BigIntStats, closeSync, constants, fstatSync, openSync } from 'node:fs';
import { ConvertError } from '../../errors.js';

/** An open file of a source, and its state when it was opened. */
export interface RegularFile {
  /** The caller closes it. */
  readonly fd: number;
  readonly stats: BigIntStats;
}

/** These flags keep a FIFO from blocking until its other end is opened, and a terminal from becoming ours. */
const READ_ONLY = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/**
 * Opens a file of a source for reading. All of them are opened here: a store may contain anything, and only a regular file has an end. Throws
 * the system's error, or a `skip-item` for a FIFO, a device, a socket or a directory.
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

/** The error for a FIFO, a device or a socket in place of a file. */
export function notRegular(path: string): ConvertError {
  return new ConvertError('skip-item', 'wrong-type', `${path} is not a regular file.`, { where: path });
}
