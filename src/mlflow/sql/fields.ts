/** A text that is there and not empty. */
export function textOf(value: string | null | undefined): string | undefined {
  return value === null || value === undefined || value === '' ? undefined : value;
}

/** A bigint column with a time. */
export function milliseconds(value: string | null | undefined): number | undefined {
  const time = value === null || value === undefined || value === '' ? Number.NaN : Number(value);
  return Number.isFinite(time) ? time : undefined;
}
