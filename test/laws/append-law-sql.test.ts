import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Repository } from '../../src/aim/repository.js';
import { openStore } from '../../src/mlflow/open-store.js';
import { convertOnce, NOW } from '../support/conversions.js';
import { MLFLOW_3_17, WITHOUT_RUN_INDEXES } from '../support/mlflow-schema.js';
import { essence } from '../support/repository-state.js';
import { SqliteStoreBuilder, type SqlPoint } from '../support/sqlite-store-builder.js';
import { temporaryDirectory } from '../support/temporary.js';

/** The law of docs/mapping.md for a database, where arrival order is by time and a late point goes before others. */

const RUNS = ['a', 'b'] as const;

type Action =
  | { readonly type: 'points'; readonly run: string; readonly key: string; readonly when: readonly When[] }
  | { readonly type: 'tag' | 'artifact' | 'end' | 'again'; readonly run: string }
  | { readonly type: 'vacuum' }
  | { readonly type: 'pass' };

/** A point's time and step: behind all others, at the time of the last, before it with the highest step, or in the past. */
type When = 'next' | 'same time' | 'same step' | 'late';

const run = fc.constantFrom(...RUNS);
const when = fc.oneof(
  { weight: 5, arbitrary: fc.constant<When>('next') },
  { weight: 1, arbitrary: fc.constantFrom<When>('same time', 'same step', 'late') },
);
const points = fc.record({
  type: fc.constant('points' as const),
  run,
  key: fc.constantFrom('loss', 'val/acc', 'ünd'),
  when: fc.array(when, { minLength: 1, maxLength: 4 }),
});
const other = fc.record({ type: fc.constantFrom('tag', 'artifact', 'end', 'again'), run });
const history = fc.array(
  fc.oneof<[fc.WeightedArbitrary<Action>, fc.WeightedArbitrary<Action>, fc.WeightedArbitrary<Action>]>(
    { weight: 5, arbitrary: points },
    { weight: 4, arbitrary: fc.constantFrom<Action>({ type: 'pass' }, { type: 'pass' }, { type: 'vacuum' }) },
    { weight: 2, arbitrary: other as fc.Arbitrary<Action> },
  ),
  { minLength: 4, maxLength: 60, size: 'max' },
);

/** Tried first, so that appending is certainly among what is tried. */
const usual: readonly Action[] = [
  { type: 'points', run: 'a', key: 'loss', when: ['next', 'next'] },
  { type: 'pass' },
  { type: 'points', run: 'a', key: 'loss', when: ['next'] },
  { type: 'points', run: 'a', key: 'ünd', when: ['next'] },
  { type: 'tag', run: 'a' },
  { type: 'pass' },
  { type: 'points', run: 'a', key: 'loss', when: ['late', 'next'] },
];

let appended = 0;

async function play(actions: readonly Action[], schema: string): Promise<void> {
  const builder = new SqliteStoreBuilder(schema);
  builder.experiment({ id: 0, name: 'Default' });
  // while it is not there, runs without files are told to have some that cannot be reached; ended ones would stay so
  mkdirSync(join(builder.directory, 'mlruns'));
  for (const runId of RUNS) builder.run(0, { runId, status: 'RUNNING', startTime: NOW - 100_000, endTime: null });
  const store = openStore(builder.uri);
  const [repo, fresh] = [temporaryDirectory(), temporaryDirectory()];
  let count = 0;
  const pass = async () => {
    const { results } = await convertOnce(store, Repository.open(repo));
    expect(results.filter(({ report }) => ['failed', 'skipped'].includes(report.outcome))).toEqual([]);
    appended += results.filter(({ staged }) => staged?.files?.appendsTo !== undefined).length;
  };
  try {
    for (const action of actions) {
      count++;
      if (action.type === 'pass') await pass();
      else apply(builder, action, count);
    }
    await pass();
    await convertOnce(store, Repository.open(fresh));
    expect(essence(repo)).toEqual(essence(fresh));
  } finally {
    await store.close();
    builder.remove();
  }
}

function apply(builder: SqliteStoreBuilder, action: Exclude<Action, { type: 'pass' }>, count: number): void {
  const { database } = builder;
  switch (action.type) {
    case 'points': {
      const added = action.when.map((moment, at) => pointOf(moment, 10 * count + at));
      builder.points(action.run, action.key, added);
      return;
    }
    case 'tag':
      database
        .prepare('INSERT OR REPLACE INTO tags (run_uuid, key, value) VALUES (?, ?, ?)')
        .run(action.run, 'x', `${count}`);
      return;
    case 'artifact': {
      // of a run that has ended a database does not tell that its files have changed
      if (hasEnded(builder, action.run)) return;
      const file = join(builder.directory, 'mlruns', '0', action.run, 'artifacts', `${count % 3}.txt`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `text ${count}`);
      return;
    }
    case 'end':
      database
        .prepare("UPDATE runs SET status = 'FINISHED', end_time = ? WHERE run_uuid = ?")
        .run(NOW - 10_000 + count, action.run);
      return;
    case 'again':
      database.prepare("UPDATE runs SET status = 'RUNNING', end_time = NULL WHERE run_uuid = ?").run(action.run);
      return;
    case 'vacuum':
      // a gap that VACUUM closes, so that all rows behind it are numbered anew
      database.exec(
        "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES ('gap', 1, 1, 'gone', 1, 0)",
      );
      builder.points('b', 'loss', [pointOf('next', 10 * count)]);
      database.exec("DELETE FROM metrics WHERE run_uuid = 'gone'; VACUUM");
  }
}

function hasEnded({ database }: SqliteStoreBuilder, runId: string): boolean {
  const row = database.prepare('SELECT status AS status FROM runs WHERE run_uuid = ?').get(runId) as { status: string };
  return row.status === 'FINISHED';
}

function pointOf(moment: When, number: number): SqlPoint {
  const time = NOW - 90_000 + 10 * number;
  const value = number / 7;
  if (moment === 'next') return { timestamp: time, value, step: BigInt(number) };
  if (moment === 'same time') return { timestamp: time - 10, value, step: BigInt(number) };
  if (moment === 'same step') return { timestamp: time, value, step: BigInt(number - 1) };
  return { timestamp: time - 5_000, value, step: BigInt(number - 500) };
}

test.each([
  ['MLflow 3.17', MLFLOW_3_17],
  ['MLflow before 1.25', WITHOUT_RUN_INDEXES],
])(
  'any changes of a database, synced in any number of passes, end as one conversion of the final state (%s)',
  async (_, schema) => {
    appended = 0;
    await fc.assert(
      fc.asyncProperty(history, (actions) => play(actions, schema)),
      { numRuns: 6, examples: [[usual as Action[]]] },
    );
    // else nothing was tried
    expect(appended).toBeGreaterThan(0);
  },
);
