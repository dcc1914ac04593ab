import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { type SourceKind, sourceKind } from '../../src/sync/source-kind.js';

test.each<[string, string, SourceKind]>([
  ['mlruns', '/data/mlruns', { type: 'directory', root: '/data/mlruns' }],
  ['file:///data/my%20runs', '/data/my runs', { type: 'directory', root: '/data/my runs' }],
  ['sqlite:////data/mlflow.db', '', { type: 'file', file: '/data/mlflow.db' }],
  ['sqlite+pysqlite:///mlflow.db?timeout=5', '', { type: 'file', file: resolve('mlflow.db') }],
  ['sqlite:///:memory:', '', { type: 'remote' }],
  ['http://localhost:5000', 'http://localhost:5000', { type: 'remote' }],
  ['postgresql+psycopg2://u:p@h/db', 'postgresql://h/db', { type: 'remote' }],
])('%s', (trackingUri, uri, kind) => {
  expect(sourceKind(trackingUri, { uri })).toEqual(kind);
});
