/** A text, unless it is null or empty. */
export function textOf(value: string | null | undefined): string | undefined {
  return value === null || value === undefined || value === '' ? undefined : value;
}

/** The time in a bigint column. */
export function milliseconds(value: string | null | undefined): number | undefined {
  const time = value === null || value === undefined || value === '' ? Number.NaN : Number(value);
  return Number.isFinite(time) ? time : undefined;
}
