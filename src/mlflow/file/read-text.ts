import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { ConvertError } from '../../errors.js';

/** MLflow limits tags and params to some thousand characters; what is larger than this is no field. */
const MAX_FIELD_BYTES = 16 * 1024 * 1024;

// Reused for every file: all use of it lies between two awaits.
let scratch = Buffer.allocUnsafeSlow(64 * 1024);

/** A small text file: param, tag, meta.yaml. */
export interface FileText {
  readonly text: string;
  /** True when bytes that are no UTF-8 became U+FFFD. */
  readonly replaced: boolean;
}

/**
 * Reads a small file as UTF-8, newlines and a byte order mark kept. Synchronous, since thousands of files of some bytes
 * each take microseconds that way and a trip through the thread pool otherwise. Throws the system's error, or a
 * `skip-item` for a file too large to be a field.
 */
export function readText(path: string): FileText {
  const length = readWhole(path);
  const text = scratch.toString('utf8', 0, length);
  const replaced = text.includes('\uFFFD') && !isUtf8(scratch.subarray(0, length));
  return { text, replaced };
}

/** Fills `scratch`, which grows as needed, with a file; returns its length. */
function readWhole(path: string): number {
  const fd = openSync(path, 'r');
  try {
    let length = 0;
    for (;;) {
      length += readSync(fd, scratch, length, scratch.length - length, null);
      // a short read of a regular file is its end
      if (length < scratch.length) return length;
      if (length >= MAX_FIELD_BYTES) {
        throw new ConvertError('skip-item', `${path} is larger than 16 MiB, which no field of MLflow is.`, {
          where: path,
        });
      }
      const larger = Buffer.allocUnsafeSlow(scratch.length * 4);
      scratch.copy(larger);
      scratch = larger;
    }
  } finally {
    closeSync(fd);
  }
}
