import { join } from 'node:path';
import { ConvertError } from '../../errors.js';
import type { Report } from '../contents.js';
import { Database } from '../rocksdb/database.js';
import type { DatabaseCursor } from '../rocksdb/database-cursor.js';
import { chunkChecksum } from './chunk-checksum.js';
import { compareRecords, type RecordDifference } from './compare-records.js';
import type { RunReport } from './finding-report.js';
import { BLOBS, behind, decodeKey, describeKey, encodeKey } from './keys.js';
import { showRecord } from './show.js';

/** Parts of the index that all runs share: what stands there is what the last of them wrote. */
const SHARED = [encodeKey('meta', 'attrs'), encodeKey('meta', 'contexts'), encodeKey('meta', 'traces_types')];
const RUNS = encodeKey('meta', 'chunks');
const CACHE = encodeKey('index_cache');

/** So many keys of the shared parts are kept in memory; what is behind them is looked up. */
const MOST_SHARED_KEYS = 200_000;

/** Of one run so many entries that differ are told one by one. */
const MOST_OF_A_RUN = 20;

/** A run whose first database is open, to be compared with the index. */
export interface IndexedRun {
  readonly hash: string;
  /** Its directory. */
  readonly directory: string;
  readonly database: Database;
  readonly byAim: boolean;
  readonly report: RunReport;
}

/** Aim's index of all runs, `meta/index`: a copy of what their first databases hold, which queries read instead of them. */
export class IndexReader {
  private readonly sharedKeys = new Set<string>();
  private hasAllSharedKeys = true;
  private readonly cursor: DatabaseCursor;
  private readonly hasBlobs: boolean;
  private readonly runs: DatabaseCursor;
  /** `runs` stands right behind the entries of the run that was compared last. */
  private isBehindRun = false;

  private constructor(private readonly database: Database) {
    this.cursor = database.cursor();
    this.runs = database.cursor();
    this.hasBlobs = this.has(BLOBS);
    this.loadSharedKeys();
  }

  /** Undefined, and told to `report`, where there is no index or it cannot be read. Without one Aim reads all databases. */
  static open(repository: string, report: Report): IndexReader | undefined {
    try {
      return new IndexReader(Database.open(join(repository, 'meta', 'index'), 'meta/index'));
    } catch (error) {
      if (!(error instanceof ConvertError)) throw error;
      const file = error.where ?? 'meta/index';
      if (error.code === 'not-found') report({ code: 'index-missing', severity: 'note', file: 'meta/index' });
      else report({ code: 'index-damaged', severity: 'error', file, found: error.message });
      return undefined;
    }
  }

  /** Compares what the index says of a run with the run itself. Throws `damaged-file` where either cannot be read. */
  compare({ hash, directory, database, byAim, report }: IndexedRun): void {
    const own = encodeKey('meta', 'chunks', hash);
    const differences = [
      ...this.compareBlobs(database, Buffer.concat([BLOBS, own])),
      ...this.compareRun(database, own),
      ...this.missingShared(database),
    ];
    const file = 'meta/index';
    if (differences.length > 0 && !this.has(own)) {
      report.add('index-run-missing', { file, ...(byAim && { severity: 'note' }) });
      return;
    }
    if (this.keptChecksum(hash) !== chunkChecksum(directory)) {
      // Aim sees that as well, and indexes the run anew
      const found = differences[0] && describe(differences[0], differences.length);
      if (found === undefined) report.add('index-checksum', { severity: 'note', file, record: `index_cache/${hash}` });
      else report.add('index-behind', { severity: 'note', file, found });
      return;
    }
    for (const difference of differences.slice(0, MOST_OF_A_RUN)) tell(difference, byAim, report);
  }

  /** Reports entries of runs that are not known, once for each run. */
  reportOthers(isRun: (hash: string) => boolean, report: Report): void {
    const { cursor } = this;
    const told = new Set<string>();
    cursor.seek(new Uint8Array(0));
    const skip = (prefix: Uint8Array) => cursor.seek(behind(prefix));
    while (cursor.valid) {
      const shared = SHARED.find((prefix) => cursor.startsWith(prefix));
      if (shared !== undefined) {
        skip(shared);
        continue;
      }
      const place = placeOf(cursor);
      if (place === undefined) {
        const record = describeKey(cursor.copyKey());
        report({ code: 'record-unknown', severity: 'error', file: 'meta/index', record });
        cursor.next();
        continue;
      }
      // what `aim runs rm` leaves behind while a server is indexing
      if (place.run !== undefined && !isRun(place.run) && !told.has(place.run)) {
        told.add(place.run);
        report({ code: 'index-entry-extra', severity: 'note', file: 'meta/index', run: place.run });
      }
      skip(place.prefix);
    }
  }

  close(): void {
    this.database.close();
  }

  private *compareRun(database: Database, prefix: Buffer): Generator<RecordDifference> {
    const { runs } = this;
    const own = database.cursor();
    own.seek(prefix);
    // behind the run before it there is this one, if they are asked for in order
    if (!this.isBehindRun || !runs.valid || !runs.startsWith(prefix)) runs.seek(prefix);
    this.isBehindRun = false;
    yield* compareRecords(own, runs, prefix);
    this.isBehindRun = true;
  }

  private *compareBlobs(database: Database, prefix: Buffer): Generator<RecordDifference> {
    const own = database.cursor();
    own.seek(prefix);
    if (!this.hasBlobs && !(own.valid && own.startsWith(prefix))) return;
    this.cursor.seek(prefix);
    yield* compareRecords(own, this.cursor, prefix);
  }

  /** Records of the run in the shared parts that the index has not. */
  private *missingShared(database: Database): Generator<RecordDifference> {
    const cursor = database.cursor();
    for (const prefix of SHARED) {
      for (cursor.seek(prefix); cursor.valid && cursor.startsWith(prefix); cursor.next()) {
        const key = cursor.copyKey();
        const isKnown = this.sharedKeys.has(Buffer.from(key).toString('latin1'));
        if (isKnown || (!this.hasAllSharedKeys && this.has(key))) continue;
        yield { key, own: cursor.copyValue(), other: undefined };
      }
    }
  }

  private loadSharedKeys(): void {
    const { cursor, sharedKeys } = this;
    for (const prefix of SHARED) {
      for (cursor.seek(prefix); cursor.valid && cursor.startsWith(prefix); cursor.next()) {
        if (sharedKeys.size >= MOST_SHARED_KEYS) {
          this.hasAllSharedKeys = false;
          return;
        }
        sharedKeys.add(Buffer.from(cursor.key.buffer, cursor.key.byteOffset, cursor.keyLength).toString('latin1'));
      }
    }
  }

  /** Whether there is a record that begins with a key. */
  private has(key: Uint8Array): boolean {
    this.cursor.seek(key);
    return this.cursor.valid && this.cursor.startsWith(key);
  }

  private keptChecksum(hash: string): string | undefined {
    const key = encodeKey('index_cache', hash);
    if (!this.has(key)) return undefined;
    return Buffer.from(this.cursor.copyValue().subarray(1)).toString();
  }
}

/** The run whose entries begin where the cursor is; `run` is undefined for what is no entry of a run's by its key. */
function placeOf(cursor: DatabaseCursor): { run?: string; prefix: Buffer } | undefined {
  for (const prefix of [RUNS, CACHE, Buffer.concat([BLOBS, RUNS])]) {
    if (!cursor.startsWith(prefix)) continue;
    const [hash] = decodeKey(cursor.key, prefix.length, cursor.keyLength) ?? [];
    if (typeof hash !== 'string') return undefined;
    return { run: hash, prefix: Buffer.concat([prefix, encodeKey(hash)]) };
  }
  const blobs = SHARED.map((prefix) => Buffer.concat([BLOBS, prefix])).find((prefix) => cursor.startsWith(prefix));
  return blobs === undefined ? undefined : { prefix: blobs };
}

function tell({ key, own, other }: RecordDifference, byAim: boolean, report: RunReport): void {
  const record = describeKey(key);
  const file = 'meta/index';
  const [expected, found] = [own, other].map((one) => (one === undefined ? 'nothing' : showRecord(one)));
  const details = { file, record, expected: expected!, found: found! };
  if (other === undefined) report.add('index-entry-missing', details);
  // what was removed from a run with Aim's SDK stays in its index
  else if (own === undefined) report.add('index-entry-extra', { ...details, ...(byAim && { severity: 'note' }) });
  else report.add('index-entry-differs', details);
}

function describe({ key }: RecordDifference, count: number): string {
  const record = describeKey(key);
  return count === 1 ? `${record} differs` : `${record} and ${count - 1} more differ`;
}
