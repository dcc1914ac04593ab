import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { readRecords } from '../support/aim-records.js';
import { convert, outcomes } from '../support/command-line.js';
import { id, newStore } from '../support/example-store.js';
import type { FileStoreBuilder } from '../support/file-store-builder.js';
import { temporaryDirectory } from '../support/temporary.js';

const RUN = id('a');

let store: FileStoreBuilder;
let repo: string;
/** A directory of the user's that is none of MLflow's, with a text. */
let home: string;
beforeEach(() => {
  [store, repo, home] = [newStore(), temporaryDirectory(), temporaryDirectory()];
  writeFileSync(join(home, 'private.txt'), 'a private text');
});

/** How often Aim has the private text of the run. */
function held(): number {
  const records = ['meta', 'seqs'].flatMap((part) => [
    ...readRecords(join(repo, '.aim', part, 'chunks', RUN)).values(),
  ]);
  return records.filter((value) => value.includes('a private text')).length;
}

describe('links out of a run', () => {
  beforeEach(() => {
    const run = store.run('1', { runId: RUN, metrics: { loss: '1 0.5 0\n' } });
    for (const place of ['params/secret', 'tags/secret', 'artifacts/secret.txt']) {
      symlinkSync(join(home, 'private.txt'), join(run, place));
    }
  });

  test('are told and not followed, and the run is whole without them', async () => {
    const report = await convert(store.root, repo);
    expect(held()).toBe(0);
    expect(report.summary.runsIncomplete).toBe(0);
    expect(report.runs[0]?.notices.map(({ kind }) => kind).sort()).toEqual([
      'artifact-skipped',
      'field-unreadable',
      'field-unreadable',
    ]);
    expect(outcomes(await convert(store.root, repo))).toEqual({ unchanged: 1 });
    expect(outcomes(await convert(store.root, repo, ['--copy-links']))).toEqual({ updated: 1 });
    expect(held()).toBeGreaterThanOrEqual(3);
  });

  test('take nothing from Aim that it has from when they were followed', async () => {
    await convert(store.root, repo, ['--copy-links']);
    const before = held();
    const report = await convert(store.root, repo);
    expect(report.summary.runsIncomplete).toBe(0);
    expect(held()).toBe(before);
  });
});

describe('a location that is none of MLflow’s', () => {
  beforeEach(() => {
    store.run('1', { runId: RUN, artifactUri: pathToFileURL(home).href });
  });

  test('is refused until the user names it', async () => {
    const first = await convert(store.root, repo, [], 3);
    expect(held()).toBe(0);
    expect(first.runs[0]).toMatchObject({ incomplete: [{ part: 'artifacts', reason: 'refused' }] });
    expect(first.runs[0]?.notices).toMatchObject([
      { kind: 'artifacts-unreachable', detail: expect.stringContaining(`--allow-root ${pathToFileURL(home).href} `) },
    ]);
    await convert(store.root, repo, ['--allow-root', join(home, 'other')], 3);
    await convert(store.root, repo, ['--allow-root', pathToFileURL(home).href]);
    expect(held()).toBe(1);
    await convert(store.root, repo, [], 3);
    expect(held()).toBe(1); // what Aim has stays
  });

  test('is settled by --accept-missing, too', async () => {
    await convert(store.root, repo, ['--accept-missing', pathToFileURL(home).href]);
    expect(held()).toBe(0);
    expect(outcomes(await convert(store.root, repo))).toEqual({ unchanged: 1 });
  });
});
