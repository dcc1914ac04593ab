import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import fc from 'fast-check';
import { datetime } from '../../src/aim/metadata-values.js';
import { Repository } from '../../src/aim/repository.js';
import { RunMetadata } from '../../src/aim/run-metadata.js';
import type { RunProperties } from '../../src/aim/run-properties.js';
import { inTransaction } from '../../src/sqlite/transaction.js';
import { readMetadata } from '../support/repository-state.js';
import { temporaryDirectory } from '../support/temporary.js';

const FAILED = { name: 'FAILED', color: '#E64B3C' };
const KILLED = { name: 'KILLED', color: '#F4A62A' };

function properties(fields: Partial<RunProperties> = {}): RunProperties {
  return {
    name: 'calm-owl-12',
    creationTime: 1_700_000_000.123,
    archived: false,
    labels: [],
    experiment: { name: 'mnist' },
    ...fields,
  };
}

let file: string;
let metadata: RunMetadata;
beforeEach(() => {
  file = Repository.open(temporaryDirectory()).metadataFile;
  metadata = new RunMetadata(file);
});
afterEach(() => metadata.close());

/** What a person does in Aim: any statement. */
function person(sql: string, ...values: (string | number | null)[]): void {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA foreign_keys = OFF'); // as in Aim
  database.prepare(sql).run(...values);
  database.close();
}

function all(sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = database.prepare(sql).all() as Record<string, unknown>[];
  database.close();
  return rows.map((row) => ({ ...row }));
}

test('an experiment that was deleted in Aim is made again, and no other takes its runs', () => {
  metadata.transaction(() => metadata.write('a', properties()));
  person('DELETE FROM experiment');
  person("INSERT INTO experiment (id, uuid, name, is_archived) VALUES (1, 'x', 'made by hand', 0)");
  metadata.transaction(() => metadata.write('b', properties()));
  expect(readMetadata(file).rows.find(({ hash }) => hash === 'b')).toMatchObject({ experiment: 'mnist' });
});

test('a full disk is told as such, and the next transaction works', () => {
  person('DELETE FROM run');
  metadata.close();
  const database = new DatabaseSync(file);
  const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number };
  database.exec(`PRAGMA max_page_count = ${pages}`);
  const fill = () =>
    inTransaction(database, 'BEGIN IMMEDIATE', () => {
      for (let i = 0; i < 1000; i++) {
        database.prepare('INSERT INTO run (hash, name) VALUES (?, ?)').run(`${i}`, 'x'.repeat(1000));
      }
    });
  expect(fill).toThrow(/run_metadata\.sqlite could not be written: no space left\./);
  expect(database.isTransaction).toBe(false);
  inTransaction(database, 'BEGIN IMMEDIATE', () => database.exec('UPDATE experiment SET name = name'));
  database.close();
  expect(readMetadata(file).rows).toEqual([]);
  metadata = new RunMetadata(file);
});

const row = (hash = 'a') => readMetadata(file).rows.find((run) => run.hash === hash);
const labels = () => readMetadata(file).labels.map(({ hash, name }) => `${hash} ${name}`);
const notes = () =>
  readMetadata(file).noteLog.map(({ content, action, before_edit, after_edit }) => [
    content,
    action,
    before_edit,
    after_edit,
  ]);

describe('a run that is new', () => {
  test('gets the rows that Aim writes', () => {
    expect(metadata.has('a')).toBe(false);
    const run = properties({ description: '# Why', note: '# Why', labels: [FAILED] });
    metadata.write('a', { ...run, experiment: { name: 'mnist', description: 'digits', creationTime: 5 } }, undefined);
    expect(metadata.has('a')).toBe(true);
    const at = '2023-11-14 22:13:20.123000';
    expect(all('SELECT * FROM run')).toEqual([
      {
        id: 1,
        hash: 'a',
        name: 'calm-owl-12',
        description: '# Why',
        is_archived: 0,
        created_at: at,
        updated_at: at,
        experiment_id: 1,
        finalized_at: null,
      },
    ]);
    expect(all('SELECT * FROM experiment')).toEqual([
      {
        id: 1,
        uuid: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/),
        name: 'mnist',
        created_at: '1970-01-01 00:00:05.000000',
        updated_at: '1970-01-01 00:00:05.000000',
        is_archived: 0,
        description: 'digits',
      },
    ]);
    expect(all('SELECT name, color, is_archived, created_at FROM tag')).toEqual([
      { ...FAILED, is_archived: 0, created_at: at },
    ]);
    expect(all('SELECT * FROM run_tag')).toEqual([{ run_id: 1, tag_id: 1 }]);
    expect(all('SELECT * FROM note')).toEqual([
      { id: 1, content: '# Why', run_id: 1, created_at: at, updated_at: at, experiment_id: null },
    ]);
    expect(all('SELECT * FROM note_audit_log')).toEqual([
      { id: 1, note_id: 1, datetime: at, action: 'Created', before_edit: null, after_edit: '# Why' },
    ]);
  });

  test('without a name is called as Aim would call it, and has nothing that MLflow does not know', () => {
    const { name: _, ...nameless } = properties();
    metadata.write('a', { ...nameless, archived: true }, undefined);
    expect(row()).toEqual({
      hash: 'a',
      name: 'Run: a',
      description: null,
      is_archived: 1,
      created_at: '2023-11-14 22:13:20.123000',
      experiment: 'mnist',
    });
    expect([labels(), notes()]).toEqual([[], []]);
  });

  test('shares experiment and labels with other runs, also those that Aim has already', () => {
    person("INSERT INTO experiment (uuid, name, description, is_archived) VALUES ('x', 'mnist', 'mine', 1)");
    person("INSERT INTO tag (uuid, name, color, is_archived) VALUES ('y', 'FAILED', '#000000', 0)");
    for (const hash of ['a', 'b']) {
      metadata.write(
        hash,
        properties({ labels: [FAILED], experiment: { name: 'mnist', description: 'new' } }),
        undefined,
      );
    }
    expect(all('SELECT uuid, description, is_archived FROM experiment')).toEqual([
      { uuid: 'x', description: 'mine', is_archived: 1 },
    ]);
    expect(all('SELECT uuid, color FROM tag')).toEqual([{ uuid: 'y', color: '#000000' }]);
    expect(labels()).toEqual(['a FAILED', 'b FAILED']);
  });

  test('belongs to an experiment that is as old as its first run when nobody knows better', () => {
    metadata.write('a', properties({ creationTime: 60 }), undefined);
    metadata.write('b', properties({ creationTime: 30 }), undefined);
    expect(all('SELECT created_at FROM experiment')).toEqual([{ created_at: '1970-01-01 00:01:00.000000' }]);
  });

  test('gets the same ids wherever it is written', () => {
    const other = new RunMetadata(Repository.open(temporaryDirectory()).metadataFile);
    const [here, there] = [metadata, other].map((one) => {
      one.write('a', properties({ labels: [KILLED] }), undefined);
      return one;
    });
    expect(here).not.toBe(there);
    const uuids = all('SELECT uuid FROM experiment UNION SELECT uuid FROM tag ORDER BY uuid');
    other.close();
    expect(new Set(uuids.map(({ uuid }) => uuid)).size).toBe(2);
  });

  test('keeps any text as it is', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    let n = 0;
    fc.assert(
      fc.property(text, text, text, (name, note, experiment) => {
        const hash = `h${n++}`;
        metadata.write(
          hash,
          properties({ name, description: note, note, experiment: { name: experiment } }),
          undefined,
        );
        expect(row(hash)).toMatchObject({ name, description: note, experiment });
      }),
      { numRuns: 20 },
    );
  });
});

describe('a run that is there', () => {
  test('of which nothing is known is left as it is', () => {
    metadata.write('a', properties(), undefined);
    const before = readMetadata(file);
    metadata.write('a', properties({ name: 'other', archived: true, labels: [FAILED], note: 'n' }), undefined);
    expect(readMetadata(file)).toEqual(before);
  });

  test('follows every change in MLflow', () => {
    const before = properties({ labels: [FAILED], description: 'old', note: 'old' });
    const now = properties({
      name: 'renamed',
      description: 'new',
      note: 'new',
      creationTime: 5,
      archived: true,
      labels: [KILLED],
      experiment: { name: 'cifar' },
    });
    metadata.write('a', before, undefined);
    metadata.write('a', now, before);
    expect(row()).toEqual({
      hash: 'a',
      name: 'renamed',
      description: 'new',
      is_archived: 1,
      created_at: '1970-01-01 00:00:05.000000',
      experiment: 'cifar',
    });
    expect(labels()).toEqual(['a KILLED']);
    expect(notes()).toEqual([
      ['new', 'Created', null, 'old'],
      ['new', 'Updated', 'old', 'new'],
    ]);
  });

  test('loses what MLflow has lost', () => {
    const before = properties({ labels: [FAILED], description: 'old', note: 'old', archived: true });
    metadata.write('a', before, undefined);
    metadata.write('a', properties(), before);
    expect(row()).toMatchObject({ description: null, is_archived: 0, name: 'calm-owl-12' });
    expect([labels(), notes()]).toEqual([[], []]);
    expect(all('SELECT * FROM note_audit_log')).toEqual([]);
    expect(all('SELECT name FROM tag')).toEqual([{ name: 'FAILED' }]); // other runs may have it
  });

  const edits: [string, string, Partial<RunProperties>, Record<string, unknown>][] = [
    ['name', "UPDATE run SET name = 'mine'", { name: 'theirs' }, { name: 'mine' }],
    ['description', "UPDATE run SET description = 'mine'", { description: 'theirs' }, { description: 'mine' }],
    ['archived', 'UPDATE run SET is_archived = 1', { archived: true }, { is_archived: 1 }],
    [
      'experiment',
      "UPDATE run SET experiment_id = (SELECT id FROM experiment WHERE name = 'mine')",
      { experiment: { name: 'theirs' } },
      { experiment: 'mine' },
    ],
  ];

  test.each(edits)('keeps the %s that a person gave it, whatever else changes in MLflow', (_, sql, _change, mine) => {
    person("INSERT INTO experiment (uuid, name) VALUES ('m', 'mine')");
    metadata.write('a', properties(), undefined);
    person(sql);
    metadata.write('a', properties(), properties());
    metadata.write('a', properties({ labels: [FAILED], creationTime: 1 }), properties());
    expect(row()).toMatchObject(mine);
  });

  test.each(edits)('takes the %s that MLflow gives it anew, also over a person’s', (_, sql, change) => {
    person("INSERT INTO experiment (uuid, name) VALUES ('m', 'mine')");
    metadata.write('a', properties(), undefined);
    person(sql);
    metadata.write('b', properties(change), undefined);
    metadata.write('a', properties(change), properties());
    expect(row()).toEqual({ ...row('b'), hash: 'a' });
  });

  test('keeps labels that a person gave or took', () => {
    const before = properties({ labels: [FAILED] });
    metadata.write('a', before, undefined);
    person("INSERT INTO tag (uuid, name) VALUES ('m', 'best')");
    person("INSERT INTO run_tag SELECT 1, id FROM tag WHERE name = 'best'");
    person("DELETE FROM run_tag WHERE tag_id = (SELECT id FROM tag WHERE name = 'FAILED')");
    metadata.write('a', properties({ labels: [FAILED], name: 'x' }), before);
    expect(labels()).toEqual(['a best']);
    metadata.write('a', properties({ labels: [KILLED] }), before);
    expect(labels()).toEqual(['a KILLED', 'a best']);
  });

  test('takes a label that a person gave it already', () => {
    metadata.write('a', properties(), undefined);
    metadata.write('b', properties({ labels: [FAILED] }), undefined);
    person("INSERT INTO run_tag SELECT 1, id FROM tag WHERE name = 'FAILED'");
    metadata.write('a', properties({ labels: [FAILED] }), properties());
    expect(labels()).toEqual(['a FAILED', 'b FAILED']);
  });

  test('a note that a person has edited stays beside the new one', () => {
    const before = properties({ note: 'old' });
    metadata.write('a', before, undefined);
    person("UPDATE note SET content = 'mine'");
    metadata.write('a', properties({ note: 'old', name: 'x' }), before);
    expect(notes()).toEqual([['mine', 'Created', null, 'old']]);
    metadata.write('a', properties({ note: 'new' }), before);
    expect(notes()).toEqual([
      ['mine', 'Created', null, 'old'],
      ['new', 'Created', null, 'new'],
    ]);
    metadata.write('a', properties(), properties({ note: 'new' }));
    expect(notes()).toEqual([['mine', 'Created', null, 'old']]);
  });

  test('a note that comes later, and one that a person has removed, are written anew', () => {
    metadata.write('a', properties(), undefined);
    metadata.write('a', properties({ note: 'first' }), properties());
    person('DELETE FROM note');
    metadata.write('a', properties({ note: 'first', name: 'x' }), properties({ note: 'first' }));
    expect(notes()).toEqual([]);
    metadata.write('a', properties({ note: 'second' }), properties({ note: 'first' }));
    expect(all('SELECT content FROM note')).toEqual([{ content: 'second' }]);
  });

  test('a person’s own note of the same run, and the notes of other runs, are not touched', () => {
    const before = properties({ note: 'same' });
    for (const hash of ['a', 'b']) metadata.write(hash, before, undefined);
    person("INSERT INTO note (content, run_id) VALUES ('mine', 1)");
    metadata.write('a', properties({ note: 'new' }), before);
    expect(readMetadata(file).notes).toEqual([
      { hash: 'a', content: 'new' },
      { hash: 'a', content: 'mine' },
      { hash: 'b', content: 'same' },
    ]);
  });

  test('the description of its experiment follows MLflow, unless only a person has changed it', () => {
    const of = (description?: string) =>
      properties({ experiment: { name: 'mnist', ...(description === undefined ? {} : { description }) } });
    const description = () => readMetadata(file).experiments.map((experiment) => experiment.description);
    metadata.write('a', of('old'), undefined);
    person("UPDATE experiment SET description = 'mine'");
    metadata.write('a', { ...of('old'), name: 'x' }, of('old'));
    expect(description()).toEqual(['mine']);
    metadata.write('a', of('new'), of('old'));
    expect(description()).toEqual(['new']);
    metadata.write('a', of(), of('new'));
    expect(description()).toEqual([null]);
  });

  test('the note of its experiment is one, follows MLflow, and takes over from a description that was all of it', () => {
    const of = (description: string, note?: string) =>
      properties({ experiment: { name: 'mnist', description, ...(note === undefined ? {} : { note }) } });
    const notes = () => all('SELECT experiment_id, run_id, content FROM note');
    const description = () => readMetadata(file).experiments.map((experiment) => experiment.description);
    // as earlier versions wrote it
    for (const hash of ['a', 'b']) metadata.write(hash, of('# Old'), undefined);
    person("UPDATE experiment SET description = 'mine'");
    for (const hash of ['a', 'b']) metadata.write(hash, of('Old', '# Old'), of('# Old'));
    expect(description()).toEqual(['mine']);
    expect(notes()).toEqual([{ experiment_id: 1, run_id: null, content: '# Old' }]);
    for (const hash of ['a', 'b']) metadata.write(hash, of('New', '# New'), of('Old', '# Old'));
    expect(description()).toEqual(['New']);
    expect(notes()).toEqual([{ experiment_id: 1, run_id: null, content: '# New' }]);
    metadata.write('c', of('New', '# New'), undefined);
    expect(notes()).toHaveLength(1);
  });

  test('comes back after its row was removed', () => {
    metadata.write('a', properties({ labels: [FAILED] }), undefined);
    person("DELETE FROM run WHERE hash = 'a'");
    expect(metadata.has('a')).toBe(false);
    metadata.write('a', properties({ name: 'again' }), properties());
    expect(row()).toMatchObject({ name: 'again' });
  });

  test('has nothing of a run that Aim removed, whose labels and notes Aim leaves behind', () => {
    metadata.write('a', properties({ labels: [FAILED], note: 'old' }), undefined);
    person("DELETE FROM run WHERE hash = 'a'");
    metadata.write('b', properties(), undefined);
    expect(all('SELECT id FROM run')).toEqual([{ id: 1 }]); // SQLite gives the number again
    expect([labels(), notes()]).toEqual([[], []]);
  });
});

describe('a transaction', () => {
  test('that fails leaves no trace, and the next one works', () => {
    const write = (hash: string) => metadata.write(hash, properties({ experiment: { name: hash } }), undefined);
    expect(() =>
      metadata.transaction(() => {
        write('a');
        throw new Error('enough');
      }),
    ).toThrow('enough');
    expect(all('SELECT * FROM run')).toEqual([]);
    metadata.transaction(() => write('b'));
    expect(readMetadata(file).rows).toMatchObject([{ hash: 'b', experiment: 'b' }]);
  });

  test('that fails has not made the experiments that it seemed to make', () => {
    const write = (hash: string) => metadata.write(hash, properties(), undefined);
    const failing = () =>
      metadata.transaction(() => {
        write('a');
        throw new Error('enough');
      });
    expect(failing).toThrow('enough');
    metadata.transaction(() => write('b'));
    expect(row('b')).toMatchObject({ experiment: 'mnist' });
  });

  test('is seen by nobody before it ends', () => {
    metadata.transaction(() => {
      metadata.write('a', properties(), undefined);
      expect(all('SELECT * FROM run')).toEqual([]);
    });
    expect(all('SELECT * FROM run')).toHaveLength(1);
  });
});

describe('times as Aim writes them', () => {
  test.each([
    [0, '1970-01-01 00:00:00.000000'],
    [1_700_000_000.123, '2023-11-14 22:13:20.123000'],
    [1_700_000_000.0005, '2023-11-14 22:13:20.001000'],
    [-1, '1970-01-01 00:00:00.000000'],
    [Number.NEGATIVE_INFINITY, '1970-01-01 00:00:00.000000'],
    [253_402_300_799, '9999-12-31 23:59:59.000000'],
    [253_402_300_800, '9999-12-31 23:59:59.000000'],
    [1e300, '9999-12-31 23:59:59.000000'],
    [Number.POSITIVE_INFINITY, '9999-12-31 23:59:59.000000'],
  ])('%p', (seconds, text) => {
    expect(datetime(seconds)).toBe(text);
  });

  test('are exact to the millisecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799_000 }), (milliseconds) => {
        const text = datetime(milliseconds / 1000);
        expect(text).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}000$/);
        expect(Date.parse(`${text.slice(0, -3).replace(' ', 'T')}Z`)).toBe(milliseconds);
      }),
    );
  });
});
