import { renameSync, rmSync } from 'node:fs';
import type { Key } from '../../src/rocksdb/bytes.js';
import { DatabaseWriter } from '../../src/rocksdb/database-writer.js';
import { AimRepository } from '../../src/verify/aim/repository.js';
import type { Finding } from '../../src/verify/contents.js';

/** All that is found of a repository without knowing its source; with `run` of this run alone, and of what belongs to none. */
export function structureOf(directory: string, run?: string): Finding[] {
  const findings: Finding[] = [];
  const repository = AimRepository.open(directory, (finding) => findings.push(finding));
  const rows = repository.openRows();
  const isReadable = rows.check((finding) => findings.push(finding));
  const hashes = new Set(isReadable ? [...rows.all()].map(({ hash }) => hash) : repository.hashes());
  rows.close();
  for (const hash of run === undefined ? repository.hashes() : [run]) repository.checkRun(hash);
  repository.checkLayout(hashes);
  repository.close();
  return findings;
}

/**
 * Puts other records in the place of a database while `work` lasts; then it is as it was, times of files included.
 *
 * @param aside a place for the database meanwhile, on the same file system
 */
export async function withRecords<T>(
  { database, aside }: { database: string; aside: string },
  records: ReadonlyMap<Key, Uint8Array>,
  work: () => T | Promise<T>,
): Promise<T> {
  renameSync(database, aside);
  try {
    const writer = new DatabaseWriter(database);
    if (records.size > 0) {
      const table = writer.table();
      for (const key of [...records.keys()].sort()) table.add(key, records.get(key)!);
      writer.close(table);
    }
    writer.finish();
    return await work();
  } finally {
    rmSync(database, { recursive: true, force: true });
    renameSync(aside, database);
  }
}
