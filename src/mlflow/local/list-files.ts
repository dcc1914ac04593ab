import { closeSync, read, readSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { ConvertError, errorCode, toConvertError } from '../../errors.js';
import type { ArtifactFile, StageContext } from '../../model.js';
import { type LinkBounds, OutsideLink } from '../trust/links.js';
import { fileFingerprint } from './file-fingerprint.js';
import { openRegular, type RegularFile } from './regular-file.js';
import { walkFiles } from './walk.js';

const CHUNK_BYTES = 256 * 1024;
const readAsync = promisify(read);

/** Lists the files below a run's artifact directory, sorted by path. Anything but a readable file is a notice. */
export async function* listArtifacts(
  directory: string,
  links: LinkBounds,
  context: StageContext,
): AsyncGenerator<ArtifactFile, void, void> {
  for (const { path, absolute, found } of walkFiles(directory, links)) {
    if ('stats' in found) {
      const { stats } = found;
      yield { path, size: Number(stats.size), version: fileFingerprint(stats), uri: pathToFileURL(absolute).href };
    } else if (path === '') {
      const reason = errorCode(found.error.cause) === 'ENOENT' ? 'missing' : 'failed';
      const uri = pathToFileURL(absolute).href;
      context.notice({ kind: 'artifacts-unreachable', uri, detail: found.error.message, reason });
    } else {
      const reason = found.error instanceof OutsideLink ? 'link-outside' : 'unreadable';
      context.notice({ kind: 'artifact-skipped', path, reason, detail: found.error.message });
    }
    context.signal.throwIfAborted();
  }
}

/**
 * Reads a file below an artifact directory: a small one in one chunk, a larger one in chunks of 256 KiB, on demand. An empty file yields
 * nothing. Rejects with `skip-item` if it cannot be read.
 */
export async function* readArtifact(
  directory: string,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const file = join(directory, ...segments(path));
  let opened: RegularFile | undefined;
  try {
    opened = openRegular(file);
    const { fd, stats } = opened;
    if (stats.size <= CHUNK_BYTES) {
      const bytes = Buffer.allocUnsafeSlow(Number(stats.size));
      const length = readSync(fd, bytes, 0, bytes.length, null);
      if (length > 0) yield bytes.subarray(0, length);
      return;
    }
    for (;;) {
      // a new buffer each time: chunks belong to the caller
      const { bytesRead, buffer } = await readAsync(fd, Buffer.allocUnsafeSlow(CHUNK_BYTES), 0, CHUNK_BYTES, null);
      signal.throwIfAborted();
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      signal.throwIfAborted();
    }
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw toConvertError(cause, 'skip-item', file);
  } finally {
    if (opened !== undefined) closeSync(opened.fd);
  }
}

function segments(path: string): string[] {
  const names = path.split('/');
  if (names.some((name) => name === '' || name === '.' || name === '..')) {
    throw new ConvertError('skip-item', 'bad-path', `${JSON.stringify(path)} is not the path of an artifact.`);
  }
  return names;
}
