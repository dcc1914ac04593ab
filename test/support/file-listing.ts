import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Everything at and below a path, with what tells a change: kind, size and modification time (nanoseconds). */
export function listing(path: string): Record<string, string> {
  const found: Record<string, string> = {};
  const add = (at: string, name: string) => {
    const stats = statSync(at, { bigint: true });
    found[name] = `${stats.isDirectory() ? 'directory' : stats.size} ${stats.mtimeNs}`;
    if (stats.isDirectory()) for (const entry of readdirSync(at)) add(join(at, entry), `${name}/${entry}`);
  };
  add(path, '');
  return found;
}

/** The paths that differ between two listings. */
export function changedPaths(before: Record<string, string>, after: Record<string, string>): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => before[name] !== after[name])
    .sort();
}
