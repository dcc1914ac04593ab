import { ConvertError } from '../../errors.js';

/** Characters of the filter that a message quotes. */
const QUOTED = 40;

/** The `fatal` error about a filter: what is wrong at which character. */
export function filterError(filter: string, at: number, reason: string, hint?: string): ConvertError {
  const rest = filter.slice(at).replace(/\s+/g, ' ').trimEnd();
  const quoted = rest.length > QUOTED ? `${rest.slice(0, QUOTED)}…` : rest;
  const place = rest === '' ? 'at its end' : `at character ${at + 1} (${quoted})`;
  return new ConvertError('fatal', 'invalid-argument', `The filter cannot be used ${place}: ${reason}.`, {
    hint: hint ?? 'docs/choosing.md describes filters; they are those of MLflow.',
  });
}
