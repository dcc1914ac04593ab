import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { toConvertError } from '../errors.js';
import type { Key } from '../rocksdb/bytes.js';
import { damageOf } from '../rocksdb/damage.js';
import { DatabaseReader, hasUnflushedLog } from '../rocksdb/database.js';
import { BLOB_PREFIX, encodePath, encodeString, SENTINEL } from './encoding.js';
import { indexChecksum } from './index-checksum.js';
import { IndexDatabase, IndexHeldError, type IndexPlace, type IndexTable } from './index-database.js';
import { ATTRS, INDEX_CACHE, runPath } from './paths.js';
import type { Repository } from './repository.js';
import { RunRecords } from './run-records.js';

/** The outcome of an attempt to update the index. */
export type IndexOutcome =
  | {
      readonly written: true;
      /** Why its tables could not be merged, if so. */
      readonly notCompacted?: string;
      /** What was wrong with the index that was rebuilt, if so: `was …`. */
      readonly damage?: string;
    }
  /** `isTransient`: trying again a moment later may help. */
  | { readonly written: false; readonly reason: string; readonly isTransient: boolean };

const HELD: IndexOutcome = { written: false, reason: 'Aim is writing the index', isTransient: true };

/** Set while more updates follow: more files may then collect before they are merged. */
const MANY_FILES_MEANWHILE = 16;

const CONTEXTS = encodePath('meta', 'contexts');
const TRACES_TYPES = encodePath('meta', 'traces_types');

/**
 * Updates the entries of these runs in `meta/index`: the union of the records of all runs, from which Aim answers every
 * query (docs/aim-repo-format.md §6). A missing or damaged index is rebuilt from all runs in the repository, including Aim's
 * own, since a partial one would hide the rest. If it cannot be written safely, it is left alone. That costs time in Aim and
 * no data: `aim up` or `aim storage reindex` repair it.
 */
export function writeIndex(repository: Repository, hashes: readonly string[], finished: boolean): IndexOutcome {
  const { index } = repository;
  try {
    // While Aim writes, a table may disappear between reading the MANIFEST and opening the table.
    const damage = isHeld(index) ? undefined : damageOfIndex(repository, hashes);
    if (damage === undefined && IndexDatabase.exists(index)) return addToIndex(repository, hashes, finished);
    if (isHeld(index)) return HELD;
    const outcome = makeIndex(repository);
    return outcome.written && damage !== undefined ? { ...outcome, damage } : outcome;
  } catch (error) {
    if (error instanceof IndexHeldError) return HELD;
    return { written: false, reason: reasonOf(error, index), isTransient: false };
  }
}

/**
 * What is wrong with the index. One that is missing or unfinished is wrong only if there are runs that must have been in it.
 */
function damageOfIndex(repository: Repository, hashes: readonly string[]): string | undefined {
  const { index } = repository;
  if (IndexDatabase.exists(index)) {
    const damage = damageOf(index);
    return damage === undefined ? undefined : `was damaged (${damage})`;
  }
  const known = new Set(hashes);
  if (!repository.hashes().some((hash) => !known.has(hash))) return undefined;
  const hasFiles = existsSync(index) && readdirSync(index).length > 0;
  return hasFiles ? 'was damaged (CURRENT is missing)' : 'was missing';
}

export function indexPlace({ index, staging }: Repository): IndexPlace {
  return { staging: join(staging, 'index'), isHeld: () => isHeld(index) };
}

/** Whether Aim is writing the index right now, or has left writes in it that are only in a WAL. */
export function isHeld(index: string): boolean {
  return existsSync(index) && (hasUnflushedLog(index) || isLocked(join(index, 'LOCK')));
}

function addToIndex(repository: Repository, hashes: readonly string[], finished: boolean): IndexOutcome {
  const wanted = finished ? [...hashes, ...neverIndexed(repository, hashes)] : hashes;
  if (wanted.length === 0 && !IndexDatabase.hasManyFiles(repository.index)) return { written: true };
  if (isHeld(repository.index)) return HELD;
  return written(write(repository, wanted, finished));
}

/** Builds an index of all runs, including Aim's own with writes that are only in a WAL; damaged runs are skipped. */
function makeIndex(repository: Repository): IndexOutcome {
  const hashes = repository.hashes();
  const open = hashes.find((hash) => hasUnflushedLog(repository.meta(hash)));
  if (open !== undefined) {
    return { written: false, reason: `run ${open} of Aim's own is still being written`, isTransient: false };
  }
  const sound = hashes.filter((hash) => damageOf(repository.meta(hash)) === undefined);
  rmSync(repository.index, { recursive: true, force: true });
  return written(sound.length > 0 ? write(repository, sound, false) : undefined);
}

function written(notCompacted: string | undefined): IndexOutcome {
  return notCompacted === undefined ? { written: true } : { written: true, notCompacted };
}

/** Adds these runs and merges tables. Returns why tables could not be merged, if the runs are in the index all the same. */
function write(repository: Repository, hashes: readonly string[], finished: boolean): string | undefined {
  const index = IndexDatabase.open(repository.index, indexPlace(repository));
  try {
    if (hashes.length > 0) index.append((table, old) => writeRuns(repository, inKeyOrder(hashes), table, old));
    return merge(index, finished);
  } finally {
    index.close();
  }
}

function merge(index: IndexDatabase, finished: boolean): string | undefined {
  try {
    if (finished) index.mergeIfMany();
    else index.mergeIfMany(MANY_FILES_MEANWHILE, true);
    return undefined;
  } catch (error) {
    if (error instanceof IndexHeldError) return undefined; // the next update merges them
    return reasonOf(error, 'the index');
  }
}

/** Why the index is left alone: a database that cannot be read or understood. A full disk ends the conversion. */
function reasonOf(error: unknown, where: string): string {
  const known = toConvertError(error, 'skip-item', where);
  if (known.kind === 'fatal') throw known;
  return known.message.replace(/\.$/, '');
}

/**
 * Runs that Aim has tracked and closed but not yet indexed, which only its server and `aim storage reindex` do. They are
 * included, so that queries find all runs.
 */
function neverIndexed(repository: Repository, besides: readonly string[]): string[] {
  const index = new DatabaseReader(repository.index);
  const known = new Set([...besides, ...indexedHashes(index)]);
  index.close();
  const others = repository.hashes().filter((hash) => !known.has(hash) && isClosed(repository.meta(hash)));
  return others.filter((hash) => isReadable(repository, hash));
}

/** A damaged run must not keep the others out of the index; Aim skips it as well, and says so. */
function isReadable(repository: Repository, hash: string): boolean {
  try {
    new RunRecords(repository).read(hash, () => {});
    return true;
  } catch {
    return false;
  }
}

/** The runs that have entries in an index. */
function indexedHashes(index: DatabaseReader): Set<string> {
  return new Set([...index.records(INDEX_CACHE)].map(({ key }) => key.slice(INDEX_CACHE.length, -1)));
}

function isClosed(directory: string): boolean {
  return existsSync(join(directory, 'CURRENT')) && !hasUnflushedLog(directory);
}

/** Sorts runs as their paths sort: by hash, each closed by the sentinel. */
export function inKeyOrder(hashes: readonly string[]): string[] {
  return hashes
    .map((hash) => hash + SENTINEL)
    .sort()
    .map((key) => key.slice(0, -1));
}

function writeRuns(
  repository: Repository,
  hashes: readonly string[],
  table: IndexTable,
  old: DatabaseReader | undefined,
): void {
  // For new runs, searching for entries that do not exist would cost more than everything else.
  const indexed = old === undefined ? new Set<string>() : indexedHashes(old);
  const entriesBefore = (hash: string, prefix: Key) => (indexed.has(hash) ? old?.records(prefix) : undefined);
  const runs = new RunRecords(repository);
  const shared = new Map<Key, Buffer>();
  const share = (key: Key, value: Buffer) => {
    // most are the same in all runs
    if (!shared.get(key)?.equals(value)) shared.set(key, Buffer.from(value));
  };
  for (const hash of hashes) runs.read(hash, share);
  const keys = [...shared.keys()].sort();
  const put = (prefix: Key) => {
    for (const key of keys) if (key.startsWith(prefix)) table.add(key, shared.get(key)!);
  };
  put(BLOB_PREFIX + ATTRS);
  for (const hash of hashes) runs.addBlobs(hash, table, entriesBefore(hash, BLOB_PREFIX + runPath(hash)));
  put(BLOB_PREFIX + CONTEXTS);
  for (const hash of hashes) {
    table.add(INDEX_CACHE + encodePath(hash), encodeString(indexChecksum(repository.meta(hash))));
  }
  put(ATTRS);
  for (const hash of hashes) runs.addOwn(hash, table, entriesBefore(hash, runPath(hash)));
  put(CONTEXTS);
  put(TRACES_TYPES);
}

/** Whether a process holds a lock on a file. Node cannot ask that; Linux lists all locks by inode. */
function isLocked(file: string): boolean {
  try {
    const { ino } = statSync(file);
    return readFileSync('/proc/locks', 'latin1')
      .split('\n')
      .some((line) => line.includes(`:${ino} `));
  } catch {
    return false;
  }
}
