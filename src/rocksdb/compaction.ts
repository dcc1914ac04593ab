import type { DatabaseReader } from './database.js';
import { BOTTOM_LEVEL, type DatabaseWriter } from './database-writer.js';
import { DELETION, VALUE } from './internal-key.js';
import type { TableFile, Version } from './manifest.js';
import { RollingTable } from './rolling-table.js';

/** When files are merged. */
export interface MergePlan {
  /** How many files may remain at level 0. */
  readonly limit: number;
  /**
   * The merged files must be lighter than the next older one by this factor. The default of 2 minimises how often data is
   * written again.
   */
  readonly stagger?: number;
}

/**
 * Chooses the files to merge into one so that at most `limit` remain at level 0; none if that is already so. Starting with
 * the newest, takes as few as together weigh no more than half of the next older one, or else all. Sizes then stay
 * staggered: however large a database grows, an entry is rewritten only a few times (with eight files at level 0, 4 times in
 * 600 additions of one size, 9 in 40,000, 14 in 400,000), and the oldest and largest file is left alone until half its size
 * has been added.
 */
export function filesToMerge({ files }: Version, { limit, stagger = 2 }: MergePlan): readonly TableFile[] {
  const newest = files.filter(({ level }) => level === 0).sort((a, b) => b.largestSequence - a.largestSequence);
  if (newest.length <= limit) return [];
  const deeper = files.filter(({ level }) => level > 0).reduce((sum, { size }) => sum + size, 0);
  let merged = 0;
  for (const [i, { size }] of newest.entries()) {
    merged += size;
    const isEnough = i > 0 && newest.length - i <= limit;
    if (isEnough && merged * stagger <= (newest[i + 1]?.size ?? deeper)) return newest.slice(0, i + 1);
  }
  return files;
}

/**
 * Merges files of the database that `reader` has open, until at most `plan.limit` are left at level 0, into a table that
 * `writer` adds. Streams: one block of each file is in memory. True if there was anything to merge.
 */
export function mergeFiles(reader: DatabaseReader, writer: DatabaseWriter, plan: MergePlan): boolean {
  const { version } = reader;
  const chosen = filesToMerge(version, plan);
  if (chosen.length === 0) return false;
  const entries = chosen.length < version.files.length ? reader.entries(chosen) : undefined;
  if (entries === undefined) {
    const table = new RollingTable(writer, BOTTOM_LEVEL);
    for (const { key, value } of reader.records()) table.add(key, value);
    table.finish();
    writer.drop(version.files);
    return true;
  }
  const place = { level: 0, sequence: Math.max(...chosen.map(({ largestSequence }) => largestSequence)) };
  const table = writer.tableAt(place);
  for (const { key, type, value } of entries) {
    if (type === DELETION) table.delete(key);
    else if (type === VALUE) table.add(key, value);
    else throw new Error(`The database has an entry of type ${type}.`);
  }
  writer.close(table);
  writer.drop(chosen);
  return true;
}
