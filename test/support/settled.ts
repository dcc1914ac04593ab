import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isSettled } from '../../src/mlflow/local/file-fingerprint.js';
import { until } from './until.js';

/** Waits until the files below a directory are old enough for their times to tell of the next change. */
export async function settled(directory: string): Promise<void> {
  await until(`the files below ${directory} are some milliseconds old`, () => areSettled(directory));
}

function areSettled(directory: string): boolean {
  const isOne = (entry: Dirent) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return areSettled(path);
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats === undefined || isSettled(stats, Date.now());
  };
  return readdirSync(directory, { withFileTypes: true }).every(isOne);
}
