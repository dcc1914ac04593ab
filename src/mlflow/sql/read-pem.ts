import { readFileSync } from 'node:fs';
import { ConvertError, toConvertError } from '../../errors.js';

/** Reads a certificate or key that the database URI or the environment names. Throws a `fatal` error. */
export function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code, message } = toConvertError(cause, 'fatal', path);
    throw new ConvertError('fatal', code, message, {
      where: path,
      cause,
      hint: 'The database URI names it as a certificate or key.',
    });
  }
}
