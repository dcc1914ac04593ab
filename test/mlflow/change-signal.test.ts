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

describe('what is watched is what was opened', () => {
  let builder: SqliteStoreBuilder;
  let directory: string;
  beforeEach(() => {
    builder = new SqliteStoreBuilder();
    directory = temporaryDirectory();
  });
  afterEach(() => builder.remove());

  test.each([
    ['the decoded name', 'my db.db'],
    ['the name as it is', 'my%20db.db'],
  ])('of a database: %s', async (_, name) => {
    const file = join(directory, name);
    copyFileSync(builder.file, file);
    expect(await changesOf(`sqlite:///${directory}/my%20db.db?timeout=5`)).toEqual({ type: 'file', file });
  });

  test('of a directory', async () => {
    const { root } = exampleStore();
    const link = join(directory, 'my runs');
    symlinkSync(root, link);
    const watched = { type: 'directory', root: expect.stringMatching(/^\//) };
    expect(await changesOf(link)).toEqual(watched);
    expect(await changesOf(`file://${directory}/my%20runs`)).toEqual(watched);
  });

  test('of a server: nothing, it is asked', async () => {
    expect(await changesOf('http://127.0.0.1:1')).toEqual({ type: 'poll' });
    expect(await changesOf('postgresql://u:p@127.0.0.1:1/db')).toEqual({ type: 'poll' });
  });
});
