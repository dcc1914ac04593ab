import { Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import type { Retry } from '../../../src/events.js';
import type { ServerConnection } from '../../../src/mlflow/sql/server-connection.js';
import { Transactions } from '../../../src/mlflow/sql/transactions.js';
import { never } from '../../contract/tracking-store.js';

/** A connection that does nothing, or breaks when it is used. */
function connection(failure?: Error): ServerConnection {
  return {
    socket: new Socket().on('error', () => {}),
    backend: undefined,
    begin: async () => {
      if (failure !== undefined) throw failure;
    },
    commit: async () => {},
    query: async () => [],
    points: async function* () {},
    stateOf: async () => ({ is: 'unknown' }),
    leave: () => {},
  };
}

const withCode = (code: string): Error => Object.assign(new Error(code), { code });

test('what is tried again on another connection is told, without credentials', async () => {
  const told: Retry[] = [];
  const broken = [connection(withCode('ECONNRESET')), connection()];
  const transactions = new Transactions('postgresql://host/mlflow', async () => broken.shift()!, {
    warn: () => {},
    retrying: (retry) => told.push(retry),
  });
  expect(await transactions.run(async () => 'done', never())).toBe('done');
  expect(told).toEqual([
    {
      code: 'unreachable',
      server: 'postgresql://host/mlflow',
      says: 'broke the connection off',
      what: 'its tables',
      attempt: 2,
      attempts: 5,
      wait: 0,
    },
  ]);
  await transactions.close();
});

test('what is not tried again is an error, and not told', async () => {
  const told: Retry[] = [];
  const open = async () => connection(withCode('42P01'));
  const transactions = new Transactions('mysql://host/mlflow', open, {
    warn: () => {},
    retrying: (retry) => told.push(retry),
  });
  await expect(transactions.run(async () => 'done', never())).rejects.toThrow('mysql://host/mlflow');
  expect(told).toEqual([]);
  await transactions.close();
});
