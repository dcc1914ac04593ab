import { expect, test } from '@jest/globals';
import { DownloadSlots } from '../../../src/mlflow/artifacts/download-slots.js';
import { ObjectArtifacts } from '../../../src/mlflow/artifacts/object-artifacts.js';
import type { ObjectStore, StoredObject } from '../../../src/mlflow/artifacts/object-store.js';
import { SharedStore } from '../../../src/mlflow/artifacts/shared-store.js';
import type { Notice } from '../../../src/model.js';
import { collect, listening } from '../../contract/tracking-store.js';

/** A store whose listing never ends. */
function endless(page: () => StoredObject[]): ObjectArtifacts {
  const store: ObjectStore = {
    async *list() {
      for (;;) yield page();
    },
    read: () => Promise.reject(new Error('Nothing is to be read.')),
    close: () => undefined,
  };
  const place = { store: new SharedStore(async () => store), base: 's3://bucket/', path: 'run/artifacts', advice: '' };
  return new ObjectArtifacts(place, new DownloadSlots(1));
}

test('a listing of more than a million files ends there, is told, and what was listed stays', async () => {
  let number = 0;
  const page = () => Array.from({ length: 1000 }, () => ({ key: `run/artifacts/${number++}.txt`, size: 1 }));
  const notices: Notice[] = [];
  let files = 0;
  for await (const _ of endless(page).list(listening(notices))) files++;
  expect(files).toBeGreaterThan(990_000);
  expect(files).toBeLessThanOrEqual(1_000_000);
  expect(notices).toMatchObject([
    { kind: 'artifacts-unreachable', uri: 's3://bucket/run/artifacts', detail: expect.stringContaining('1,000,000') },
  ]);
});

test('a listing of empty pages ends, too', async () => {
  const notices: Notice[] = [];
  expect(await collect(endless(() => []).list(listening(notices)))).toEqual([]);
  expect(notices).toMatchObject([{ kind: 'artifacts-unreachable' }]);
});
