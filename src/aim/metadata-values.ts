import { createHash } from 'node:crypto';

/** The latest time that SQLAlchemy can read back, in seconds. */
const LAST_DATETIME = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000;

/** `YYYY-MM-DD HH:MM:SS.ffffff` in UTC, as SQLAlchemy writes it; exact to the millisecond, which is all MLflow has. */
export function datetime(seconds: number): string {
  const clamped = Math.round(Math.min(Math.max(seconds, 0), LAST_DATETIME) * 1000);
  return `${new Date(clamped).toISOString().replace('T', ' ').slice(0, -1)}000`;
}

/** A UUID in the form of version 4 that depends only on the name, so that repeated conversions agree. */
export function uuidOf(kind: string, name: string): string {
  const digest = createHash('sha256').update(`mlflow2aim:${kind}:${name}`).digest();
  digest[6] = (digest[6]! & 0x0f) | 0x40;
  digest[8] = (digest[8]! & 0x3f) | 0x80;
  const hex = digest.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
