import { copyFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openStore } from '../../src/mlflow/open-store.js';
import { exampleStore } from '../support/example-store.js';
import { SqliteStoreBuilder } from '../support/sqlite-store-builder.js';
import { temporaryDirectory } from '../support/temporary.js';

async function changesOf(uri: string) {
  const store = openStore(uri);
  await store.close();
  return store.changes;
}

describe('the change signal of a store is the place that was opened', () => {
  let builder: SqliteStoreBuilder;
  let directory: string;
  beforeEach(() => {
    builder = new SqliteStoreBuilder();
    directory = temporaryDirectory();
  });
  afterEach(() => builder.remove());

  test.each([
    ['percent-decoded', 'my db.db'],
    ['literally', 'my%20db.db'],
  ])('a database file, named %s', async (_, name) => {
    const file = join(directory, name);
    copyFileSync(builder.file, file);
    expect(await changesOf(`sqlite:///${directory}/my%20db.db?timeout=5`)).toEqual({ type: 'file', file });
  });

  test('a directory, by path, link or URI', async () => {
    const { root } = exampleStore();
    const link = join(directory, 'my runs');
    symlinkSync(root, link);
    const watched = { type: 'directory', root: expect.stringMatching(/^\//) };
    expect(await changesOf(link)).toEqual(watched);
    expect(await changesOf(`file://${directory}/my%20runs`)).toEqual(watched);
  });

  test('nothing for a server, which is polled', async () => {
    expect(await changesOf('http://127.0.0.1:1')).toEqual({ type: 'poll' });
    expect(await changesOf('postgresql://u:p@127.0.0.1:1/db')).toEqual({ type: 'poll' });
  });
});
