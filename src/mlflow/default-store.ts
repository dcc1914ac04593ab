import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { META_FILE } from './common/layout-names.js';
import { directories, isDirectory } from './local/directories.js';

const FILE_STORE = 'mlruns';
const DATABASE = 'mlflow.db';

/**
 * The tracking URI that MLflow 3 itself takes in a directory when nobody names one: `./mlruns` if that is a file store (a
 * directory with an all-digit name in it holds a meta.yaml; beside a database it holds artifacts only), else the database
 * `./mlflow.db`. Undefined where neither is; a `./mlruns` of any other kind is taken when there is no database.
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
    return true; // one that may not be read says so when it is opened
  }
}
