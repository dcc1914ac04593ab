import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { encodePath } from '../../src/aim/encoding.js';
import { Repository } from '../../src/aim/repository.js';
import { keyBytes } from '../../src/rocksdb/bytes.js';
import { readVersion, tableName } from '../../src/rocksdb/database.js';
import { readRecords } from './aim-records.js';

type Row = Record<string, unknown>;

/** All that an Aim repository says, whatever the files and row numbers it lies in: equal for equal repositories. */
export interface RepositoryState {
  /** For each run the digests of its two databases. */
  readonly runs: Record<string, { readonly meta: string; readonly seqs: string }>;
  readonly rows: Row[];
  readonly experiments: Row[];
  readonly labels: Row[];
  readonly notes: Row[];
  /** What was done with those notes. */
  readonly noteLog: Row[];
  /** Without the checksums of runs, which tell modification times; {@link staleChecksums} looks at those. */
  readonly index: Record<string, string>;
  /** Files and folders that belong to nothing. */
  readonly leftovers: string[];
}

export function repositoryState(directory: string): RepositoryState {
  const repository = Repository.at(join(directory, '.aim'));
  const runs: RepositoryState['runs'] = {};
  for (const hash of repository.hashes().sort()) {
    runs[hash] = { meta: digest(readRecords(repository.meta(hash))), seqs: digest(readRecords(repository.seqs(hash))) };
  }
  const index = existsSync(join(repository.index, 'CURRENT')) ? readRecords(repository.index) : new Map();
  const plain = [...index].filter(([key]) => !key.startsWith(encodePath('index_cache')));
  return {
    runs,
    ...readMetadata(repository.metadataFile),
    index: Object.fromEntries(plain.map(([key, value]) => [readable(key), (value as Buffer).toString('latin1')])),
    leftovers: leftovers(repository),
  };
}

/**
 * What repositories have in common that came to the same runs in different ways. Of what runs share in the index the last
 * writer's stands, and names that no run has any more go on completing queries; a note that was changed has a longer log.
 */
export function essence(directory: string): Omit<RepositoryState, 'noteLog'> {
  const { index, noteLog: _, ...state } = repositoryState(directory);
  const own = Object.entries(index).filter(([key]) => /^(\/BLOBS)?\/meta\/chunks\//.test(key));
  return { ...state, index: Object.fromEntries(own) };
}

/** What `run_metadata.sqlite` says, without row numbers. */
export function readMetadata(file: string): Omit<RepositoryState, 'runs' | 'index' | 'leftovers'> {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
  try {
    const all = (sql: string) =>
      database
        .prepare(sql)
        .all()
        .map((row) => ({ ...(row as Row) }));
    return {
      rows: all(
        `SELECT hash, run.name, run.description, run.is_archived, run.created_at, experiment.name AS experiment
         FROM run LEFT JOIN experiment ON experiment.id = experiment_id ORDER BY hash`,
      ),
      experiments: all('SELECT uuid, name, description, is_archived, created_at FROM experiment ORDER BY name'),
      labels: all(
        `SELECT hash, tag.name, color FROM run_tag JOIN run ON run.id = run_id JOIN tag ON tag.id = tag_id
         ORDER BY hash, tag.name`,
      ),
      notes: all('SELECT hash, content FROM note JOIN run ON run.id = run_id ORDER BY hash, note.id'),
      noteLog: all(
        `SELECT hash, content, action, before_edit, after_edit FROM note JOIN run ON run.id = run_id
         JOIN note_audit_log ON note_id = note.id ORDER BY hash, note.id, note_audit_log.id`,
      ),
    };
  } finally {
    database.close();
  }
}

/**
 * The runs for which the index holds another checksum than Aim will compute, which makes `aim up` index them again.
 * Computed as docs/aim-repo-format.md §6 says, from `stat` alone.
 */
export function staleChecksums(directory: string): string[] {
  const repository = Repository.at(join(directory, '.aim'));
  const index = readRecords(repository.index, encodePath('index_cache'));
  return repository
    .hashes()
    .filter((hash) => {
      const run = repository.meta(hash);
      const text = readdirSync(run)
        .sort()
        .map((name) => {
          const { mtimeNs, size } = statSync(join(run, name), { bigint: true });
          const seconds = Number(mtimeNs / 10n ** 9n) + 1e-9 * Number(mtimeNs % 10n ** 9n);
          return `${join(run, name)}${Number.isInteger(seconds) ? seconds.toFixed(1) : seconds}${size}`;
        });
      const checksum = createHash('md5').update(text.join('')).digest('hex');
      return index.get(encodePath('index_cache', hash))?.toString('latin1') !== `\x04${checksum}`;
    })
    .sort();
}

/** What the files say that a conversion leaves beside those of Aim. */
const OURS = /^mlflow2aim\.(lock|sqlite(\.damaged-\d+)?)$/;
const AIMS = new Set(['VERSION', 'locks', 'meta', 'progress', 'run_metadata.sqlite', 'seqs']);

function leftovers(repository: Repository): string[] {
  const parent = join(repository.path, '..');
  const beside = readdirSync(parent).filter((name) => name.startsWith('.aim.'));
  const inside = readdirSync(repository.path).filter((name) => !OURS.test(name) && !AIMS.has(name));
  // Not those of the index: what a killed writer leaves there may also be a file that Aim is just writing.
  const databases = repository
    .hashes()
    .flatMap((hash) => [repository.meta(hash), repository.seqs(hash)])
    .filter((database) => existsSync(join(database, 'CURRENT')));
  const strays = databases.flatMap((database) => {
    const manifest = readFileSync(join(database, 'CURRENT'), 'latin1').trim();
    const live = new Set(['CURRENT', manifest, ...readVersion(database).files.map(({ number }) => tableName(number))]);
    return readdirSync(database)
      .filter((name) => !live.has(name))
      .map((name) => `${basename(database)}/${name}`);
  });
  return [...beside, ...inside, ...strays].sort();
}

function digest(records: ReadonlyMap<string, Buffer>): string {
  const hash = createHash('sha256');
  for (const [key, value] of records) hash.update(`${key.length} ${value.length} `).update(keyBytes(key)).update(value);
  return hash.digest('hex');
}

/** A key as a path for people: `/meta/chunks/abc/end_time`. */
export function readable(key: string): string {
  const bytes = keyBytes(key);
  let path = '';
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] === 0xfe) {
      path += `/${bytes.readBigInt64BE(at + 1)}`;
      at += 10;
    } else {
      const end = bytes.indexOf(0xfe, at);
      path += `/${bytes.toString('utf8', at, end)}`;
      at = end + 1;
    }
  }
  return path;
}
