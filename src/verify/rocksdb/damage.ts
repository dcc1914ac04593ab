import { ConvertError } from '../../errors.js';

/** A file of a database that is not what it has to be. `what` completes a sentence that begins with the file. */
export function damaged(file: string, what: string): ConvertError {
  return new ConvertError('skip-run', 'damaged-file', `${file} ${what}.`, { where: file });
}

/** A file that may be sound, but is of a kind that Aim's RocksDB does not write. */
export function unsupported(file: string, what: string): ConvertError {
  return new ConvertError('skip-run', 'unsupported-version', `${file} ${what}.`, {
    where: file,
    hint: 'Only what the RocksDB of Aim 3.29 writes can be read.',
  });
}
