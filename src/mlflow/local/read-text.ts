import { isUtf8 } from 'node:buffer';
import { closeSync, readSync } from 'node:fs';
import { ConvertError } from '../../errors.js';
import { MAX_FIELD_BYTES } from '../common/bounds.js';
import { openRegular } from './regular-file.js';

// reused for every file; never across an await
let scratch = Buffer.allocUnsafeSlow(64 * 1024);

/** The content of a small text file: param, tag, meta.yaml. */
export interface FileText {
  readonly text: string;
  readonly bytes: number;
  /** True if invalid UTF-8 was replaced with U+FFFD. */
  readonly replaced: boolean;
}

/**
 * Reads a small file as UTF-8, including newlines and a byte order mark. Synchronous, since that takes microseconds, and the thread pool much
 * longer, and there may be thousands of files. Throws the system's error, or a `skip-item` for anything but a regular file, and for one
 * that is too large to be a field.
 *
 * @param limit bytes, at most 16 MiB
 * @param beyond makes the error for a file that exceeds the limit, but not 16 MiB
 */
export function readText(path: string, limit = MAX_FIELD_BYTES, beyond = tooLarge): FileText {
  const bytes = readWhole(path, limit, beyond);
  const text = scratch.toString('utf8', 0, bytes);
  const replaced = text.includes('\uFFFD') && !isUtf8(scratch.subarray(0, bytes));
  return { text, bytes, replaced };
}

/** Reads a file into `scratch`, which grows as needed; returns its length. */
function readWhole(path: string, limit: number, beyond: (path: string) => ConvertError): number {
  const { fd, stats } = openRegular(path);
  try {
    if (stats.size > MAX_FIELD_BYTES) throw tooLarge(path);
    if (stats.size > limit) throw beyond(path);
    let length = 0;
    for (;;) {
      length += readSync(fd, scratch, length, scratch.length - length, null);
      // a short read of a regular file is its end
      if (length < scratch.length && length <= limit) return length;
      // some files have no size until they are read, others grow meanwhile
      if (length > limit) throw beyond(path);
      if (length >= MAX_FIELD_BYTES) throw tooLarge(path);
      const larger = Buffer.allocUnsafeSlow(scratch.length * 4);
      scratch.copy(larger);
      scratch = larger;
    }
  } finally {
    closeSync(fd);
  }
}

function tooLarge(path: string): ConvertError {
  return new ConvertError('skip-item', 'too-large', `${path} is larger than 16 MiB, which no field of MLflow is.`, {
    where: path,
  });
}
