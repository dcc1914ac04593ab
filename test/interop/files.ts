import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Every file below a directory with a digest of its bytes; with `times`, of its modification time as well. */
export async function tree(directory: string, times = false): Promise<Map<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const found = new Map<string, string>();
  for (const entry of entries.filter((item) => item.isFile())) {
    const file = join(entry.parentPath, entry.name);
    const digest = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    const when = times ? ` ${(await stat(file, { bigint: true })).mtimeNs}` : '';
    found.set(file.slice(directory.length + 1), digest + when);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The files whose content (or time) differs, and those that only one side has. */
export function changedFiles(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((file) => before.get(file) !== after.get(file));
}

/** The part of a tree below one of the given directories. */
export function below(files: ReadonlyMap<string, string>, ...directories: readonly string[]): Map<string, string> {
  return new Map([...files].filter(([file]) => directories.some((directory) => file.startsWith(`${directory}/`))));
}

/** What files a directory has, whatever number RocksDB gave them: `meta/chunks/x/MANIFEST-#`. */
export function kinds(files: Iterable<string>): string[] {
  return [...new Set([...files].map((file) => file.replace(/(\d{6})(?=\.\w+$|$)/, '#')))].sort();
}
