import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { differences, expectedRuns, readAim, some } from './compare.js';
import { convert, fillStore, outcomes, type Shape, scratch } from './harness.js';
import { createDatabase, type ServerDialect, type TestDatabase } from './sql-server.js';
import { createSqliteDatabase } from './sqlite-template.js';

type Dialect = 'sqlite' | ServerDialect;

interface Case {
  readonly dialect: Dialect;
  readonly shape: Exclude<Shape, 'old' | 'fast'>;
  readonly flags: readonly string[];
}

const CASES: readonly Case[] = [
  { dialect: 'sqlite', shape: 'small', flags: [] },
  { dialect: 'sqlite', shape: 'edge', flags: [] },
  { dialect: 'sqlite', shape: 'edge', flags: ['--include-deleted', '--repeated-steps', 'split', '--context', 'auto'] },
  { dialect: 'postgresql', shape: 'small', flags: [] },
  { dialect: 'postgresql', shape: 'edge', flags: ['--include-deleted'] },
  { dialect: 'mysql', shape: 'small', flags: [] },
  { dialect: 'mysql', shape: 'edge', flags: ['--include-deleted'] },
];

const databases: TestDatabase[] = [];
const stores = new Map<string, Promise<string>>();

afterAll(async () => {
  for (const database of databases) await database.drop();
});

/** A database that the real MLflow has filled; made once, converting does not change it. */
function store(dialect: Dialect, shape: Case['shape']): Promise<string> {
  const name = `${dialect} ${shape}`;
  const made = stores.get(name) ?? make(dialect, shape);
  stores.set(name, made);
  return made;
}

async function make(dialect: Dialect, shape: Case['shape']): Promise<string> {
  const directory = await scratch();
  const uri = await (dialect === 'sqlite' ? newSqliteDatabase(directory) : newDatabase(dialect));
  await fillStore(shape, uri, '--artifacts', directory);
  return uri;
}

async function newSqliteDatabase(directory: string): Promise<string> {
  const file = join(directory, 'mlflow.db');
  await createSqliteDatabase(file);
  return `sqlite:///${file}`;
}

async function newDatabase(dialect: ServerDialect): Promise<string> {
  const database = await createDatabase(dialect);
  databases.push(database);
  return database.uri;
}

test.each(CASES)(
  'Aim reads of the $shape store in $dialect what MLflow says, with $flags',
  async ({ dialect, shape, flags }) => {
    const source = await store(dialect, shape);
    const repo = await scratch();
    const report = await convert(source, repo, flags);
    const [expected, read] = [await expectedRuns(source, flags), await readAim(repo)];
    expect(some(differences(expected, read.runs))).toBe('');
    expect(read.indexProblems).toEqual([]);
    expect(outcomes(report).new).toBe(expected.size);

    const again = outcomes(await convert(source, repo, flags));
    expect(again).toEqual({ ...outcomes(report), new: undefined, unchanged: expected.size });
  },
);
