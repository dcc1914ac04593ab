import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { Repository } from '../../../src/aim/repository.js';
import { FileStore } from '../../../src/mlflow/file/file-store.js';
import { type Key, keyBytes } from '../../../src/rocksdb/bytes.js';
import { describeFinding } from '../../../src/verify/aim/finding-text.js';
import { decodeKey, encodeKey, type PathElement } from '../../../src/verify/aim/keys.js';
import type { Finding } from '../../../src/verify/contents.js';
import { readRecords } from '../../support/aim-records.js';
import { convertOnce } from '../../support/conversions.js';
import { fillWithExamples, id } from '../../support/example-store.js';
import { FileStoreBuilder } from '../../support/file-store-builder.js';
import { structureOf, withRecords } from '../../support/structure.js';

const RUN = id('a');

type Fault = 'changed' | 'missing' | 'extra';
type Records = Map<Key, Uint8Array>;

/**
 * What only a comparison with MLflow can find, because Aim keeps it once: values between the extremes, times, epochs, what
 * objects hold, and what the index has of attributes that another run has as well.
 */
const KEPT_ONCE: Readonly<Record<Fault, readonly RegExp[]>> = {
  changed: [
    /^seqs seqs.*\/(time|epoch)\/#$/,
    /^seqs seqs\/v2\/.*\/val\/#$/,
    /^seqs seqs.*\/val\/.*(caption|format|mode|source|message|timestamp|log_level|width|height|args|info)/,
    /^seqs BLOBS/,
    /^index meta\/(attrs|contexts|traces_types)/,
    /^index index_cache/,
  ],
  missing: [/^index index_cache/, /^seqs seqs.*\/val\/.*(mode|source|args|info)/],
  extra: [
    /^seqs seqs.*\/val\/.*(caption|format|mode|source|message|timestamp|log_level|width|height|args|info$)/,
    /^index meta\/(attrs|contexts|traces_types)\//,
  ],
};

/** The kind of a record: its key without what differs from run to run and from point to point. */
function kindOf(path: readonly PathElement[]): string {
  const isPoints = path.includes('seqs');
  return path
    .map((element, i) => {
      if (typeof element === 'bigint') return '#';
      if (element === RUN || /^[0-9a-f]{32}$/.test(element)) return 'H';
      const [before, beforeThat] = [path[i - 1], path[i - 2]];
      const isName = typeof before === 'bigint' && (isPoints ? beforeThat === RUN : true) && i > 2;
      return isName ? 'N' : element;
    })
    .join('/');
}

function pathOf(key: Key): PathElement[] {
  const bytes = keyBytes(key);
  return decodeKey(bytes, 0, bytes.length)!;
}

function changed(record: Uint8Array): Uint8Array {
  const copy = Buffer.from(record);
  if (copy.length === 0) return Buffer.from([4, 120]);
  switch (copy[0]) {
    case 0:
      return Buffer.from('020500000000000000', 'hex');
    case 6:
      return Buffer.of(7);
    case 7:
      return Buffer.of(6);
    case 15:
      return Buffer.from([15, ...Buffer.from('aim.other')]);
    case 4:
      return Buffer.concat([copy, Buffer.from('x')]);
    default:
      copy[1]! ^= 1;
      return copy;
  }
}

/** A key like another, beside it. */
function beside(path: readonly PathElement[]): Key {
  const last = path.at(-1)!;
  const other = typeof last === 'bigint' ? last + 1000n : `${last}x`;
  return encodeKey(...path.slice(0, -1), other).toString('latin1');
}

function plant(records: Records, key: Key, fault: Fault): Records {
  const planted = new Map(records);
  const record = records.get(key)!;
  if (fault === 'missing') planted.delete(key);
  else if (fault === 'changed') planted.set(key, changed(record));
  else planted.set(beside(pathOf(key)), record);
  return planted;
}

describe('a fault in a repository that was sound', () => {
  let repo: string;
  let databases: Readonly<Record<string, string>>;

  beforeAll(async () => {
    const store = fillWithExamples(new FileStoreBuilder());
    repo = mkdtempSync(join(tmpdir(), 'mlflow2aim-faults-'));
    const repository = Repository.open(repo);
    await convertOnce(new FileStore(store.root), repository);
    store.remove();
    databases = { meta: repository.meta(RUN), seqs: repository.seqs(RUN), index: repository.index };
  });

  afterAll(() => rmSync(repo, { recursive: true }));

  test('is not seen where there is none', () => {
    expect(structureOf(repo)).toEqual([]);
  });

  test.each(['meta', 'seqs', 'index'])('is found in each kind of record of %s: changed, missing, extra', (name) => {
    const records = readRecords(databases[name]!);
    const kinds = new Map<string, Key>();
    for (const key of records.keys()) {
      const path = pathOf(key);
      if (path.some((element) => element === id('b') || element === id('c'))) continue;
      const kind = `${name} ${kindOf(path)}`;
      // not the first: that one is often an extreme, or a marker
      if (!kinds.has(kind) || kind.endsWith('#')) kinds.set(kind, key);
    }
    const place = { database: databases[name]!, aside: join(repo, 'aside') };
    const missed: string[] = [];
    const needless: string[] = [];
    for (const [kind, key] of kinds) {
      for (const fault of ['changed', 'missing', 'extra'] as const) {
        const findings = withRecords(place, plant(records, key, fault), () => structureOf(repo, RUN));
        const isKeptOnce = KEPT_ONCE[fault].some((pattern) => pattern.test(kind));
        const isFound = findings.some((finding) => names(finding));
        if (!isFound && !isKeptOnce) missed.push(`${fault}: ${kind}`);
        if (isFound && isKeptOnce) needless.push(`${fault}: ${kind}: ${findings.map(({ code }) => code)}`);
      }
    }
    expect(kinds.size).toBeGreaterThan(20);
    expect({ missed, needless }).toEqual({ missed: [], needless: [] });
    expect(structureOf(repo)).toEqual([]);
  });

  test.each([
    [
      'row-without-database',
      "INSERT INTO run (id, hash, created_at) VALUES (77, 'extra', '2026-01-01 00:00:00.000000')",
    ],
    ['database-without-row', `DELETE FROM run WHERE hash = '${RUN}'`],
    ['row-dangling', `UPDATE run SET experiment_id = 99 WHERE hash = '${RUN}'`],
    ['row-dangling', 'DELETE FROM experiment'],
    ['row-dangling', 'INSERT INTO run_tag (run_id, tag_id) SELECT id, 99 FROM run'],
    ['row-dangling', 'INSERT INTO run_tag (run_id, tag_id) VALUES (99, 1)'],
    ['row-malformed', `UPDATE run SET created_at = 'yesterday' WHERE hash = '${RUN}'`],
    ['row-malformed', `UPDATE run SET is_archived = 7 WHERE hash = '${RUN}'`],
  ])('is found in the rows: %s after %s', (code, sql) => {
    const file = join(repo, '.aim', 'run_metadata.sqlite');
    const sound = readFileSync(file);
    const database = new DatabaseSync(file);
    database.exec(`PRAGMA foreign_keys = OFF; ${sql}`);
    database.close();
    try {
      const findings = structureOf(repo, RUN);
      expect(findings.map((finding) => finding.code)).toContain(code);
      for (const finding of findings) expect(describeFinding(finding)).toMatch(/\w+: .+/);
    } finally {
      writeFileSync(file, sound);
    }
  });

  test('is found in the file of the rows, and in that of the version', () => {
    const spoil = (name: string, change: (bytes: Buffer) => Buffer, look: () => void) => {
      const file = join(repo, '.aim', name);
      const sound = readFileSync(file);
      writeFileSync(file, change(Buffer.from(sound)));
      try {
        look();
      } finally {
        writeFileSync(file, sound);
      }
    };
    spoil(
      'run_metadata.sqlite',
      (bytes) => bytes.fill(0x5a, 4096, 6000),
      () => {
        expect(structureOf(repo, RUN)).toContainEqual(expect.objectContaining({ code: 'rows-damaged' }));
      },
    );
    spoil(
      'run_metadata.sqlite',
      (bytes) => bytes.fill(0, 0, 50),
      () => {
        const found = expect.stringContaining('is not a SQLite database');
        expect(structureOf(repo, RUN)).toContainEqual(expect.objectContaining({ code: 'rows-damaged', found }));
      },
    );
    spoil(
      'VERSION',
      () => Buffer.from('1.2'),
      () => {
        expect(() => structureOf(repo, RUN)).toThrow('data version 1.2');
      },
    );
  });

  test('that makes a table of a run or of the index unreadable is found, and the others are read', () => {
    for (const [name, code] of [
      ['meta', 'database-damaged'],
      ['seqs', 'database-damaged'],
      ['index', 'index-damaged'],
    ] as const) {
      const directory = databases[name]!;
      const table = join(directory, readdirSync(directory).find((file) => file.endsWith('.sst'))!);
      const sound = readFileSync(table);
      const { atime, mtime } = statSync(table);
      const broken = Buffer.from(sound);
      broken[100]! ^= 1;
      writeFileSync(table, broken);
      const findings = structureOf(repo);
      expect(findings.filter(({ severity }) => severity === 'error').map((finding) => finding.code)).toContain(code);
      expect(findings.filter(({ run }) => run === id('b') && name !== 'index')).toEqual([]);
      writeFileSync(table, sound);
      utimesSync(table, atime, mtime);
    }
  });

  /** Says which run it is, or which record of what all runs share. */
  function names({ run, record, file }: Finding): boolean {
    return run === RUN || record !== undefined || file !== undefined;
  }
});
