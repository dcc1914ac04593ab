import { ConvertError } from '../errors.js';
import { isBusy, isDamage, SqliteCode, sqliteCode, sqliteFailure } from '../sqlite/errors.js';

/** What to do when the runs' names and notes are lost, and not their data. */
export const PUT_BACK =
  'Nothing was changed. Put back a backup of it: names, tags and notes of all runs are there; or choose another --repo.';

/** What SQLite threw when it worked on `run_metadata.sqlite`, as a `fatal` sentence that says what to do. */
export function metadataFailure(file: string, cause: unknown): ConvertError {
  if (isDamage(cause) || sqliteCode(cause) === SqliteCode.ERROR) {
    return new ConvertError('fatal', 'damaged-file', `${file} is no database of Aim, or is damaged.`, {
      where: file,
      hint: PUT_BACK,
      cause,
    });
  }
  if (isBusy(cause)) {
    return new ConvertError('fatal', 'busy', `${file} is locked by another program.`, {
      where: file,
      hint: "Aim's own commands (aim runs rm, aim up) hold it for moments only; `fuser` names who does. Run again when it is free.",
      cause,
    });
  }
  return sqliteFailure(file, cause);
}
