import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Repository } from '../../src/aim/repository.js';
import type { TrackingStore } from '../../src/mlflow/common/tracking-store.js';
import { openStore } from '../../src/mlflow/open-store.js';
import type { Key } from '../../src/rocksdb/bytes.js';
import { DatabaseWriter } from '../../src/rocksdb/database-writer.js';
import type { RunVerdict } from '../../src/verify/compare/verdict.js';
import { VerifyEvents } from '../../src/verify/session/verify-events.js';
import { type VerifyOptions, verify } from '../../src/verify.js';
import { readRecords } from '../support/aim-records.js';
import { type ConversionChoices, convertOnce } from '../support/conversions.js';
import { temporaryDirectory } from '../support/temporary.js';

/** Converts a store into a new repository; `change` comes between the source and what ships, as a mistake of the writer would. */
export async function converted(
  root: string,
  change: (store: TrackingStore) => TrackingStore = (store) => store,
  choices: ConversionChoices = {},
): Promise<Repository> {
  const repository = Repository.open(temporaryDirectory());
  const store = openStore(root);
  await convertOnce(change(store), repository, {}, choices);
  await store.close();
  return repository;
}

/** The verdicts about all runs, by run id. */
export async function verdicts(
  root: string,
  repository: Pick<Repository, 'path'>,
  options: Partial<VerifyOptions> = {},
): Promise<Map<string, RunVerdict>> {
  const events = new VerifyEvents();
  const runs = new Map<string, RunVerdict>();
  events.on('run', (run) => void runs.set(run.runId ?? run.hash, run));
  await verify({ trackingUri: root, repo: join(repository.path, '..'), inProcess: true, ...options }, events);
  return runs;
}

/** Everything that a verification finds wrong, as `code what: expected → found`. */
export function wrong(runs: Iterable<RunVerdict>): string[] {
  return [...runs].flatMap(({ verdict, differences, findings, reason }) => [
    ...differences
      .filter(({ cause }) => cause === 'unexplained')
      .map(
        ({ code, sequence, step, record, expected, found }) =>
          `${code} ${[sequence?.name, step, record].filter((part) => part !== undefined).join(' ')}: ${expected} → ${found}`,
      ),
    ...findings.filter(({ severity }) => severity === 'error').map(({ code, record }) => `${code} ${record ?? ''}`),
    ...(verdict === 'missing' || verdict === 'unread' ? [`${verdict} ${reason ?? ''}`] : []),
  ]);
}

/** Records of a database in the order of their keys. */
export type Records = Map<Key, Buffer>;

/**
 * Writes a database anew with other records, as a writer with a mistake would have written it.
 *
 * @param change changes the records, or returns others
 */
export function rewrite(directory: string, change: (records: Records) => unknown): void {
  const records = readRecords(directory);
  const result = change(records);
  const changed = result instanceof Map ? (result as Records) : records;
  rmSync(directory, { recursive: true });
  const database = new DatabaseWriter(directory);
  const table = database.table();
  for (const key of [...changed.keys()].sort()) table.add(key, changed.get(key)!);
  database.close(table);
  database.finish();
}
