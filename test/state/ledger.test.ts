import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import fc from 'fast-check';
import { Ledger, type LedgerEntry } from '../../src/state/ledger.js';
import { SCHEMA_VERSION } from '../../src/state/ledger-file.js';
import { temporaryDirectory } from '../support/temporary.js';

let file: string;
beforeEach(() => {
  file = join(temporaryDirectory(), 'mlflow2aim.sqlite');
});

function entry(hash: string, fields: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    hash,
    runId: hash,
    source: '/data/mlruns',
    revision: 'r1',
    inputs: 'i1',
    properties: {
      name: 'größe 🚀',
      note: '# Note\n',
      creationTime: 1_700_000_000.123,
      archived: false,
      labels: [{ name: 'FAILED', color: '#E64B3C' }],
      experiment: { name: 'mnist', creationTime: 0 },
    },
    reviewAt: null,
    ...fields,
  };
}

/** Opens the ledger for as long as `work` takes. */
function withLedger<T>(work: (ledger: Ledger) => T): T {
  const ledger = Ledger.open(file);
  try {
    return work(ledger);
  } finally {
    ledger.close();
  }
}

const hashes = Array.from({ length: 40 }, (_, i) => `run${i}`);

function filled(): Buffer {
  withLedger((ledger) => ledger.write(hashes.map((hash) => entry(hash))));
  return readFileSync(file);
}

describe('what is written', () => {
  test('may be a time beyond all that numbers tell exactly', () => {
    withLedger((ledger) => ledger.write([entry('a', { reviewAt: 1_799_991_800_082_800_000 })]));
    expect(withLedger((ledger) => ledger.get('a'))?.reviewAt).toBe(Number.MAX_SAFE_INTEGER);
  });

  test('tells which runs are not in the index as they should be', () => {
    withLedger((ledger) =>
      ledger.write([entry('a', { unindexed: true }), entry('b'), entry('c', { unindexed: true })]),
    );
    withLedger((ledger) => {
      expect(ledger.unindexed()).toEqual(['a', 'c']);
      ledger.markIndexed(['a', 'b']);
      expect(ledger.unindexed()).toEqual(['c']);
      expect(ledger.get('a')).toEqual(entry('a'));
    });
  });

  test('of how to go on with a growing run is kept, and forgotten when it is not written again', () => {
    withLedger((ledger) => ledger.write([entry('a', { appendState: '{"marks":1}' })]));
    expect(withLedger((ledger) => ledger.get('a'))?.appendState).toBe('{"marks":1}');
    withLedger((ledger) => ledger.write([entry('a')]));
    expect(withLedger((ledger) => ledger.get('a'))).toEqual(entry('a'));
  });

  test('is there after the ledger was opened again', () => {
    const entries = [entry('a'), entry('b', { reviewAt: 1_800_000_000_001, revision: "it's" })];
    withLedger((ledger) => {
      expect(ledger.damaged).toBeUndefined();
      expect(ledger.get('a')).toBeUndefined();
      ledger.write(entries);
    });
    withLedger((ledger) => {
      expect(ledger.damaged).toBeUndefined();
      expect(entries.map(({ hash }) => ledger.get(hash))).toEqual(entries);
      expect(ledger.get('c')).toBeUndefined();
    });
  });

  test('of what could not be read is there again, the first hundred, and tells which runs are incomplete', () => {
    const unread = Array.from({ length: 150 }, (_, i) => ({ part: 'artifacts', item: `${i}`, why: 'No.' }) as const);
    const places = { directory: '/data/mlruns/1/a', artifacts: 's3://bucket/a' };
    withLedger((ledger) =>
      ledger.write([entry('a', { unread, places }), entry('b'), entry('c', { awaited: '/nas/c' })]),
    );
    withLedger((ledger) => {
      expect(ledger.get('a')).toEqual(entry('a', { unread: unread.slice(0, 100), places }));
      expect(ledger.get('c')).toEqual(entry('c', { awaited: '/nas/c' }));
      expect([...ledger.incomplete()]).toEqual([{ runId: 'a', unread: unread.slice(0, 100), places }]);
      expect([ledger.knows('b'), ledger.knows('d')]).toEqual([true, false]);
      ledger.write([entry('a', { unread: [] })]);
      expect([...ledger.incomplete()]).toEqual([]);
    });
  });

  test('replaces what was known of a run, and nothing else', () => {
    withLedger((ledger) => {
      ledger.write([entry('a'), entry('b')]);
      ledger.write([entry('a', { revision: 'r2', properties: { ...entry('a').properties, labels: [] } })]);
      ledger.write([]);
      expect(ledger.get('a')).toMatchObject({ revision: 'r2', properties: { labels: [] } });
      expect(ledger.get('b')).toEqual(entry('b'));
    });
  });

  test('any text and number comes back', () => {
    const text = fc.string({ unit: 'grapheme' });
    const arbitrary = fc.record({
      revision: text,
      inputs: text,
      runId: text,
      reviewAt: fc.option(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })),
      name: text,
      creationTime: fc.double({ noNaN: true, noDefaultInfinity: true }).map((time) => time + 0),
    });
    withLedger((ledger) => {
      fc.assert(
        fc.property(arbitrary, ({ name, creationTime, ...fields }) => {
          const one = entry('a', { ...fields, properties: { ...entry('a').properties, name, creationTime } });
          ledger.write([one]);
          expect(ledger.get('a')).toEqual(one);
        }),
        { numRuns: 50 },
      );
    });
  });
});

/** The version stands in four bytes of the header, and cannot be told from one that another release has written. */
function saysAnotherVersion(content: Buffer): boolean {
  return content.readInt32BE(60) !== SCHEMA_VERSION && content.readInt32BE(60) !== 0;
}

function change(sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

/** Whatever has become of the file: it opens, answers for every run, and can be written. */
function expectUsable(): { rebuilt: boolean; known: LedgerEntry[] } {
  const result = withLedger((ledger) => {
    const known = hashes.map((hash) => ledger.get(hash)).filter((one) => one !== undefined);
    ledger.write([entry('new')]);
    return { rebuilt: ledger.damaged !== undefined, known };
  });
  withLedger((ledger) => {
    expect(ledger.damaged).toBeUndefined();
    expect(ledger.get('new')).toEqual(entry('new'));
  });
  return result;
}

test('a ledger of version 2 is brought up to date, and keeps what it knows', () => {
  withLedger((ledger) => ledger.write([entry('a'), entry('b', { appendState: '{}' })]));
  const database = new DatabaseSync(file);
  database.exec(`DROP INDEX incomplete_runs; ALTER TABLE runs DROP COLUMN unread; ALTER TABLE runs DROP COLUMN awaited;
                 DROP INDEX runs_with_notices; ALTER TABLE runs DROP COLUMN notices; PRAGMA user_version = 2`);
  database.close();
  withLedger((ledger) => {
    expect([ledger.get('a'), ledger.get('b')]).toEqual([entry('a'), entry('b', { appendState: '{}' })]);
    ledger.write([entry('a', { unread: [{ part: 'tags', why: 'No.' }], places: {} })]);
    expect([...ledger.incomplete()]).toHaveLength(1);
  });
});

test('one of version 3 is brought up to date, and remembers notices from then on', () => {
  withLedger((ledger) => ledger.write([entry('a'), entry('b', { awaited: '/mnt/x' })]));
  const database = new DatabaseSync(file);
  database.exec('DROP INDEX runs_with_notices; ALTER TABLE runs DROP COLUMN notices; PRAGMA user_version = 3');
  database.close();
  withLedger((ledger) => {
    expect([ledger.get('a'), ledger.get('b')]).toEqual([entry('a'), entry('b', { awaited: '/mnt/x' })]);
    const told = entry('a', { notices: { notices: [{ kind: 'text-replaced', path: 'log.txt' }], more: 7 } });
    ledger.write([told]);
    expect(ledger.get('a')).toEqual(told);
    ledger.write([entry('a')]);
    expect(ledger.get('a')).toEqual(entry('a'));
  });
});

describe('a ledger that is damaged is begun anew', () => {
  test('when it was cut, wherever that was', () => {
    const whole = filled();
    expect(whole.length).toBeGreaterThan(16_000);
    const places = [1, 15, 16, 99, 100, 101, 511, 512, 4095, 4096, 4097, 8192, whole.length - 1];
    for (let i = 1; i < 50; i++) places.push(Math.floor((whole.length * i) / 50));
    for (const length of places) {
      writeFileSync(file, whole.subarray(0, length));
      const { rebuilt, known } = expectUsable();
      // of less than a page nothing is left that could be missed, and of a cut last page some entries may be
      if (length >= 512 && length < whole.length - 4096) expect({ length, rebuilt }).toEqual({ length, rebuilt: true });
      expect(known).toEqual(known.map(({ hash }) => entry(hash)));
    }
  });

  test('when it is empty, without a word', () => {
    writeFileSync(file, '');
    expect(expectUsable()).toEqual({ rebuilt: false, known: [] });
  });

  test.each([
    ['text', Buffer.from('This is no database. '.repeat(500))],
    ['zeros', Buffer.alloc(20_480)],
    ['a header and nothing behind it', Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(20_000, 7)])],
  ])('when it is %s', (_, content) => {
    writeFileSync(file, content);
    expect(expectUsable()).toEqual({ rebuilt: true, known: [] });
  });

  test('when a journal of something else lies beside it', () => {
    writeFileSync(file, filled().subarray(0, 5000));
    writeFileSync(`${file}-journal`, 'x'.repeat(2000));
    expect(expectUsable()).toEqual({ rebuilt: true, known: [] });
  });

  test.each([
    ['another table', 'DROP TABLE runs'],
    ['other columns', 'ALTER TABLE runs RENAME COLUMN inputs TO other'],
  ])('when it has %s', (_, sql) => {
    filled();
    change(sql);
    expect(expectUsable()).toEqual({ rebuilt: true, known: [] });
  });

  test('the lock on the damaged one is given back', () => {
    filled();
    change('ALTER TABLE runs RENAME COLUMN inputs TO other');
    const damaged = withLedger((ledger) => ledger.damaged);
    const other = new DatabaseSync(damaged!);
    other.exec('BEGIN EXCLUSIVE');
    other.close();
  });

  test('the damaged one stays beside it, and so do two before that', () => {
    for (let i = 1; i <= 5; i++) {
      writeFileSync(file, `damage ${i} `.repeat(1000));
      expect(withLedger(({ damaged }) => damaged)).toBe(`${file}.damaged-${i}`);
    }
    const kept = readdirSync(dirname(file)).filter((name) => name.includes('damaged'));
    expect(kept.sort()).toEqual([3, 4, 5].map((i) => `mlflow2aim.sqlite.damaged-${i}`));
    expect(readFileSync(`${file}.damaged-3`, 'utf8')).toMatch(/^damage 3 /);
  });

  test('bytes that have changed are noticed, or cost at most what they told', () => {
    const whole = filled();
    fc.assert(
      fc.property(fc.array(fc.nat({ max: whole.length - 1 }), { minLength: 1, maxLength: 30 }), (places) => {
        const damaged = Buffer.from(whole);
        for (const place of places) damaged[place] = damaged[place]! ^ 0x20;
        writeFileSync(file, damaged);
        if (!saysAnotherVersion(damaged)) expectUsable();
        else expect(() => Ledger.open(file)).toThrow(/has version/);
      }),
      { numRuns: 60, examples: [[[18]], [[19]]] },
    );
  });

  test('an entry whose properties are no JSON counts as unknown', () => {
    filled();
    const database = new DatabaseSync(file);
    database.exec("UPDATE runs SET properties = '{\"name\":' WHERE hash = 'run3'");
    database.close();
    withLedger((ledger) => {
      expect(ledger.get('run3')).toBeUndefined();
      expect(ledger.get('run4')).toEqual(entry('run4'));
    });
  });
});

describe('a ledger that is not damaged is never thrown away', () => {
  /** Opening fails with this sentence, and not a byte has changed. */
  function expectRefused(sentence: unknown): void {
    const before = readFileSync(file);
    expect(() => Ledger.open(file)).toThrow(expect.objectContaining({ kind: 'fatal', message: sentence }));
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(dirname(file)).filter((name) => name.includes('damaged'))).toEqual([]);
  }

  test.each([99, -1, 1])('one of version %d is refused', (version) => {
    filled();
    change(`PRAGMA user_version = ${version}`);
    expectRefused(expect.stringContaining(`has version ${version}`));
  });

  test('one that another program has locked is left alone', () => {
    filled();
    const other = new DatabaseSync(file);
    other.exec('BEGIN EXCLUSIVE');
    try {
      expectRefused(expect.stringContaining('is locked by another program'));
    } finally {
      other.close();
    }
    expect(withLedger((ledger) => ledger.get('run0'))).toEqual(entry('run0'));
  });

  test('a directory in its place is named as one', () => {
    mkdirSync(file);
    expect(() => Ledger.open(file)).toThrow(
      expect.objectContaining({ kind: 'fatal', message: `${file} is a directory, but should be a file.` }),
    );
  });
});
