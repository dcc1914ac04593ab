import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { META_FILE } from './common/layout-names.js';
import { directories, isDirectory } from './local/directories.js';

const FILE_STORE = 'mlruns';
const DATABASE = 'mlflow.db';

/**
 * The default tracking URI of MLflow 3 in a directory: `./mlruns` if that is a file store (it contains a directory with an all-digit name and a
 * meta.yaml; beside a database, it contains artifacts only), otherwise the database `./mlflow.db`. Any other `./mlruns` is the default if
 * there is no database. Undefined if there is neither.
 */
export function defaultTrackingUri(directory: string): string | undefined {
  const store = join(directory, FILE_STORE);
  if (isFileStore(store)) return `./${FILE_STORE}`;
  if (existsSync(join(directory, DATABASE))) return `sqlite:///${DATABASE}`;
  return existsSync(store) ? `./${FILE_STORE}` : undefined;
}

function isFileStore(store: string): boolean {
  if (!isDirectory(store)) return false;
  try {
    return directories(store).some((name) => /^\d+$/.test(name) && existsSync(join(store, name, META_FILE)));
  } catch {
    return true; // if it cannot be read, that is reported when it is opened
  }
}
