import { InvalidArgumentError } from 'commander';
import type { RunStatus } from '../../model.js';
import type { Moment } from '../../options.js';
import { durationOf } from './values.js';

const MOMENT =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(?:(Z)|([+-])(\d\d):?(\d\d)?)?$/i;

const DAY = 86_400_000;

const STATUSES: readonly RunStatus[] = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'];

/**
 * A moment: a date, a date and time (with `Z`, an offset, or neither for UTC), or how long ago (`30d`).
 * @param end which moment of a day a date without a time stands for
 */
export function parseMoment(text: string, end: 'first' | 'last'): Moment {
  const trimmed = text.trim();
  const ago = durationOf(trimmed);
  const moment = ago === undefined ? timeOf(trimmed, end) : { ago };
  if (moment !== undefined) return moment;
  throw new InvalidArgumentError(
    'Expected a date such as 2024-05-31, a time such as 2024-05-31T18:30 or 2024-05-31T18:30+02:00, or a duration such as 30d or 12h.',
  );
}

function timeOf(text: string, end: 'first' | 'last'): number | undefined {
  const match = MOMENT.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const [, , , , time, , , fraction = '', , sign, offsetHours, offsetMinutes] = match;
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3));
  const local = new Date(0);
  local.setUTCFullYear(year!, month! - 1, day!);
  local.setUTCHours(hour!, minute!, second!, milliseconds);
  const isReal =
    local.getUTCMonth() === month! - 1 && local.getUTCDate() === day! && hour! < 24 && minute! < 60 && second! < 60;
  if (!isReal) return undefined;
  const offset = (sign === '-' ? -1 : 1) * (Number(offsetHours ?? 0) * 60 + Number(offsetMinutes ?? 0)) * 60_000;
  return local.getTime() - offset + (time === undefined && end === 'last' ? DAY - 1 : 0);
}

/** One status of MLflow's or, with commas, several. */
export function parseStatus(text: string): readonly RunStatus[] {
  return text.split(',').map((part) => {
    const status = STATUSES.find((name) => name === part.trim().toUpperCase());
    if (status !== undefined) return status;
    throw new InvalidArgumentError(`Expected one of ${STATUSES.map((name) => name.toLowerCase()).join(', ')}.`);
  });
}
