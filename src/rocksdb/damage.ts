import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import { errorCode } from '../errors.js';
import { tableName } from './database.js';
import { DamagedLogError } from './log-format.js';
import { decodeManifest, type Version } from './manifest.js';

/**
 * What is wrong with a database, as the end of a sentence; undefined for a sound one. Checks CURRENT, the MANIFEST and the
 * sizes of the tables, but not the contents of tables. An unknown kind of MANIFEST does not count as damage.
 */
export function damageOf(directory: string): string | undefined {
  const current = contentOf(directory + sep, 'CURRENT')
    ?.toString('latin1')
    .trim();
  if (current === undefined) return 'CURRENT is missing';
  if (!/^MANIFEST-\d+$/.test(current)) return 'CURRENT names no MANIFEST';
  const manifest = contentOf(directory + sep, current);
  if (manifest === undefined) return `${current} is missing`;
  let version: Version;
  try {
    version = decodeManifest(manifest);
  } catch (error) {
    return error instanceof DamagedLogError ? `${current} is damaged` : undefined;
  }
  if (version.nextFileNumber === 0) return `${current} is cut`;
  return damagedTable(directory + sep, version);
}

function damagedTable(prefix: string, { files }: Version): string | undefined {
  for (const { number, size } of files) {
    const name = tableName(number);
    const found = statSync(prefix + name, { throwIfNoEntry: false });
    if (found === undefined) return `${name} is missing`;
    if (found.size !== size) return `${name} is of another length`;
  }
  return undefined;
}

/** Most files are smaller than this; one that fills the buffer is read whole. */
const buffer = Buffer.alloc(16 * 1024);

/** The content of a small file, valid until the next call; undefined if there is none. */
function contentOf(prefix: string, name: string): Buffer | undefined {
  let file: number;
  try {
    file = openSync(prefix + name, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    // at an explicit position, so that the whole file can still be read from the start
    const length = readSync(file, buffer, 0, buffer.length, 0);
    return length < buffer.length ? buffer.subarray(0, length) : readFileSync(file);
  } finally {
    closeSync(file);
  }
}
