import { ConvertError } from '../errors.js';
import { isBusy, isDamage, SqliteCode, sqliteCode, sqliteFailure } from '../sqlite/errors.js';

/** What to do when `run_metadata.sqlite` (names, notes) is lost but the data is not. */
export const PUT_BACK =
  'Nothing was changed. Put back a backup of it: names, tags and notes of all runs are there; or choose another --repo.';

/** Turns an error of SQLite about `run_metadata.sqlite` into a `fatal` one that says what to do. */
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
