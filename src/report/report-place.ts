import { dirname } from 'node:path';
import { ConvertError } from '../errors.js';
import { enclosingStore } from '../mlflow/file/enclosing-store.js';
import { resolveLinks } from '../mlflow/local/resolve-links.js';

/** Throws a `fatal` error when a file that is to be written would lie in a directory of MLflow's, where it might be taken for a param, or an artifact. */
export function checkPlace(what: 'report' | 'log file', file: string): void {
  const enclosing = enclosingStore(dirname(resolveLinks(file)));
  if (enclosing === undefined) return;
  throw new ConvertError(
    'fatal',
    'inside-mlflow',
    `The ${what} ${file} would lie in ${enclosing.what} ${enclosing.path}.`,
    {
      where: file,
      hint: 'Put it into another directory: MLflow takes what lies there for its own.',
    },
  );
}
