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
import type { RunVerdict } from '../../../src/verify/compare/verdict.js';
import type { Finding } from '../../../src/verify/contents.js';
import { readRecords } from '../../support/aim-records.js';
import { convertOnce } from '../../support/conversions.js';
import { fillWithExamples, id } from '../../support/example-store.js';
import { FileStoreBuilder } from '../../support/file-store-builder.js';
import { structureOf, withRecords } from '../../support/structure.js';
import { verdicts } from '../verifying.js';

const RUN = id('a');
/** One that failed, which is a label. */
const LABELLED = id('b');

type Fault = 'changed' | 'missing' | 'extra';
type Records = Map<Key, Uint8Array>;

const FAULTS = ['changed', 'missing', 'extra'] as const;

/**
 * What only a comparison with MLflow can find, because Aim keeps it once: values between the extremes, times, epochs, what
 * objects hold.
 */
const KEPT_ONCE: Readonly<Record<Fault, readonly RegExp[]>> = {
  changed: [
    /^seqs seqs.*\/(time|epoch)\/#$/,
    /^seqs seqs\/v2\/.*\/val\/#$/,
    /^seqs seqs.*\/val\/.*(caption|format|mode|source|timestamp|log_level|width|height|args|info$)/,
    /^seqs BLOBS/,
  ],
  missing: [/^seqs seqs.*\/val\/.*(mode|source|args|info$)/],
  extra: [/^seqs seqs.*\/val\/#\/extra_args\//],
};

/**
 * The words of a message, and the line of the program that it comes from, change with versions. Of what all runs share the
 * index has what the last of them wrote.
 */
const OF_NO_CONSEQUENCE: Readonly<Record<Fault, readonly RegExp[]>> = {
  changed: [/\/val\/#\/(message|__logger_info\/#)$/, /^index meta\/(attrs|contexts|traces_types)/],
  missing: [/\/val\/#\/__logger_info\/#$/],
  extra: [/^index meta\/(attrs|contexts|traces_types)\//],
};

const matches = (patterns: Readonly<Record<Fault, readonly RegExp[]>>, fault: Fault, kind: string) =>
  patterns[fault].some((pattern) => pattern.test(kind));

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

/** Columns that Aim shows nowhere, that tell when a row was last touched, or that only a person fills in. */
const COLUMNS_OF_NO_CONSEQUENCE =
  /\.(id|updated_at|finalized_at)$|^(experiment|tag)\.is_archived$|^tag\.(description|created_at)$|^note\.experiment_id$/;

/** What a person may do in Aim without leaving a mark. */
const UNMARKED: ReadonlySet<string> = new Set(['missing: note', 'missing: run_tag', 'extra: label', 'extra: note']);

/** Statements that make one fault each in the rows of the run and of what belongs to it. */
function* rowFaults(file: string): Generator<readonly [what: string, sql: string]> {
  const run = `(SELECT id FROM run WHERE hash = '${RUN}')`;
  const rows: Readonly<Record<string, string>> = {
    run: `id = ${run}`,
    experiment: `id = (SELECT experiment_id FROM run WHERE id = ${run})`,
    tag: `id IN (SELECT tag_id FROM run_tag WHERE run_id = (SELECT id FROM run WHERE hash = '${LABELLED}'))`,
    run_tag: `run_id = (SELECT id FROM run WHERE hash = '${LABELLED}')`,
    note: `run_id = ${run}`,
  };
  const database = new DatabaseSync(file);
  try {
    for (const [table, where] of Object.entries(rows)) {
      yield [`missing: ${table}`, `DELETE FROM ${table} WHERE ${where}`];
      const columns = database.prepare(`PRAGMA table_info(${table})`).all() as { name: string; type: string }[];
      for (const { name, type } of columns) {
        if (COLUMNS_OF_NO_CONSEQUENCE.test(`${table}.${name}`)) continue;
        const value = type.startsWith('DATETIME')
          ? `'2001-02-03 04:05:06.000007'`
          : type === 'BOOLEAN'
            ? `1 - COALESCE(${name}, 0)`
            : type === 'INTEGER'
              ? '99'
              : `COALESCE(${name}, '') || 'x'`;
        yield [`changed: ${table}.${name}`, `UPDATE ${table} SET ${name} = ${value} WHERE ${where}`];
      }
    }
  } finally {
    database.close();
  }
  yield ['extra: label', `INSERT INTO tag (id, name) VALUES (77, 'x'); INSERT INTO run_tag VALUES (${run}, 77)`];
  yield ['extra: note', `INSERT INTO note (content, run_id) VALUES ('x', ${run})`];
  yield ['extra: run', "INSERT INTO run (hash) VALUES ('extra')"];
}

/** A record of each kind: of points not the first, which is often an extreme. */
function kindsOf(database: string, records: Records): Map<string, Key> {
  const kinds = new Map<string, Key>();
  for (const key of records.keys()) {
    const path = pathOf(key);
    if (path.some((element) => element === id('b') || element === id('c'))) continue;
    const kind = `${database} ${kindOf(path)}`;
    if (!kinds.has(kind) || kind.endsWith('#')) kinds.set(kind, key);
  }
  return kinds;
}

describe('a fault in a repository that was sound', () => {
  let store: FileStoreBuilder;
  let source: string;
  let repo: string;
  let databases: Readonly<Record<string, string>>;

  beforeAll(async () => {
    store = fillWithExamples(new FileStoreBuilder());
    source = store.root;
    repo = mkdtempSync(join(tmpdir(), 'mlflow2aim-faults-'));
    const repository = Repository.open(repo);
    await convertOnce(new FileStore(store.root), repository);
    databases = { meta: repository.meta(RUN), seqs: repository.seqs(RUN), index: repository.index };
  });

  afterAll(() => {
    store.remove();
    rmSync(repo, { recursive: true });
  });

  test('is not seen where there is none', () => {
    expect(structureOf(repo)).toEqual([]);
  });

  test.each(['meta', 'seqs', 'index'])(
    'is found in each kind of record of %s: changed, missing, extra',
    async (name) => {
      const place = { database: databases[name]!, aside: join(repo, 'aside') };
      const records = readRecords(place.database);
      const kinds = kindsOf(name, records);
      const missed: string[] = [];
      const needless: string[] = [];
      for (const [kind, key] of kinds) {
        for (const fault of FAULTS) {
          const isExcepted = matches(KEPT_ONCE, fault, kind) || matches(OF_NO_CONSEQUENCE, fault, kind);
          const findings = await withRecords(place, plant(records, key, fault), () => structureOf(repo, RUN));
          // a database that is written anew has another checksum
          const isOther = (code: string) => code === 'index-checksum' && !kind.startsWith('index index_cache');
          const isFound = findings.some((finding) => names(finding) && !isOther(finding.code));
          if (!isFound && !isExcepted) missed.push(`${fault}: ${kind}`);
          if (isFound && isExcepted) needless.push(`${fault}: ${kind}: ${findings.map(({ code }) => code)}`);
        }
      }
      expect(kinds.size).toBeGreaterThan(20);
      expect({ missed, needless }).toEqual({ missed: [], needless: [] });
      expect(structureOf(repo)).toEqual([]);
    },
  );

  test('is found by a comparison with MLflow where Aim keeps a thing once', async () => {
    const place = { database: databases.seqs!, aside: join(repo, 'aside') };
    const records = readRecords(place.database);
    const missed: string[] = [];
    let tried = 0;
    for (const [kind, key] of kindsOf('seqs', records)) {
      for (const fault of FAULTS.filter((one) => matches(KEPT_ONCE, one, kind))) {
        tried++;
        const run = await withRecords(place, plant(records, key, fault), () => compared());
        if (run?.verdict !== 'differs') missed.push(`${fault}: ${kind}: ${run?.verdict}`);
      }
    }
    expect(tried).toBeGreaterThan(20);
    expect(missed).toEqual([]);
  });

  test('is found in each column of each row of the run: changed, missing, extra', async () => {
    const file = join(repo, '.aim', 'run_metadata.sqlite');
    const sound = readFileSync(file);
    const missed: string[] = [];
    for (const [what, sql] of rowFaults(file)) {
      const database = new DatabaseSync(file);
      database.exec(`PRAGMA foreign_keys = OFF; ${sql}`);
      database.close();
      const isFound = structureOf(repo, RUN).length > 0;
      const seen = isFound ? [] : [await compared(RUN), await compared(LABELLED)];
      const verdict = UNMARKED.has(what) ? 'changed-in-aim' : 'differs';
      const isOther = seen.some((one) => one?.verdict === verdict);
      if (!isFound && !isOther) missed.push(`${what}: ${seen.map((one) => one?.verdict)}`);
      writeFileSync(file, sound);
    }
    expect(missed).toEqual([]);
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

  /** What a comparison with MLflow says of the run. */
  async function compared(run = RUN): Promise<RunVerdict | undefined> {
    return (await verdicts(source, { path: join(repo, '.aim') }, { selection: { runIds: [run] } })).get(run);
  }

  /** Says which run it is, or which record of what all runs share. */
  function names({ run, record, file }: Finding): boolean {
    return run === RUN || record !== undefined || file !== undefined;
  }
});
