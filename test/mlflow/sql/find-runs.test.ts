import { expect, test } from '@jest/globals';
import type { Database } from '../../../src/mlflow/sql/database.js';
import { SqlStore } from '../../../src/mlflow/sql/sql-store.js';
import { SqliteDatabase } from '../../../src/mlflow/sql/sqlite/sqlite-database.js';
import { collect, never } from '../../contract/tracking-store.js';
import { makeExperiment } from '../../mapping/fixtures.js';
import { SqliteStoreBuilder } from '../../support/sqlite-store-builder.js';

const id = (number: number) => number.toString(16).padStart(32, '0');

test('the metrics of runs that are not chosen are not even counted', async () => {
  const builder = new SqliteStoreBuilder();
  builder.experiment({ id: 1, name: 'x' });
  const point = { timestamp: 1, step: 0n };
  for (let i = 0; i < 30; i++) {
    builder.run(1, { runId: id(i), metrics: { acc: [{ ...point, value: i }] }, params: { lr: '1' } });
  }
  const counted: string[] = [];
  const database: Database = new Proxy<Database>(
    new SqliteDatabase({ dialect: 'sqlite', paths: [builder.file], immutable: false }),
    {
      get: (target, name) => {
        if (name === 'metricStats') {
          return (ids: readonly string[], signal: AbortSignal) => {
            counted.push(...ids);
            return target.metricStats(ids, signal);
          };
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    },
  );
  const artifacts = { at: () => undefined, close: async () => {} } as never;
  const store = new SqlStore(database, artifacts, { warn: () => {} });
  try {
    const experiment = makeExperiment({ id: '1', name: 'x' });
    const found = await collect(
      store.searchRuns(experiment, { filter: "metrics.acc >= 28 and params.lr = '1'" }, never()),
    );
    expect(found.map(({ ref }) => ref.runId)).toEqual([id(28), id(29)]);
    expect(counted).toEqual([id(28), id(29)]);
    expect(await collect(store.searchRuns(experiment, { filter: 'metrics.acc > 99' }, never()))).toEqual([]);
    expect(counted).toHaveLength(2);
  } finally {
    await store.close();
    builder.remove();
  }
});
