import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { uriTarget } from '../../mlflow/locations/file-uri.js';
import { objectLocation } from '../../mlflow/locations/object-location.js';

/** Parsers of flag values; each throws InvalidArgumentError with a sentence that says what is expected. */

const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

const SHORTEST_INTERVAL = 100;
const LONGEST_INTERVAL = 7 * 86_400_000;

const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  kib: 2 ** 10,
  m: 1e6,
  mb: 1e6,
  mib: 2 ** 20,
  g: 1e9,
  gb: 1e9,
  gib: 2 ** 30,
  t: 1e12,
  tb: 1e12,
  tib: 2 ** 40,
};

/** Milliseconds of a duration such as `30d`; undefined if it is none. */
export function durationOf(text: string): number | undefined {
  return withUnit(text, MILLISECONDS);
}

/** A duration such as `24h`, `90m`, `1.5d`, in milliseconds; `0` and `never` are infinite. */
export function parseDuration(text: string): number {
  if (text === '0' || text === 'never') return Number.POSITIVE_INFINITY;
  const value = durationOf(text);
  if (value === undefined)
    throw new InvalidArgumentError('Expected a duration such as 24h, 90m, 30s or 2d, or 0 for never.');
  return value === 0 ? Number.POSITIVE_INFINITY : value;
}

/** A polling interval such as `10s`, in milliseconds; at least a tenth of a second. */
export function parseInterval(text: string): number {
  const value = durationOf(text);
  if (value !== undefined && value >= SHORTEST_INTERVAL && value <= LONGEST_INTERVAL) return value;
  throw new InvalidArgumentError('Expected a duration from 100ms to 7d, such as 10s or 5m.');
}

/** Port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `[IPv6]:port`, `:port` or `port`; the default host is 127.0.0.1. */
export function parseListen(text: string): ListenAddress {
  const match = /^(?:(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3] ?? Number.NaN);
  if (!(port <= 65_535)) {
    throw new InvalidArgumentError('Expected an address such as 127.0.0.1:9464 or [::1]:9464, or a port.');
  }
  return { host: match?.[1] ?? (match?.[2] || '127.0.0.1'), port };
}

/** A size such as `100MB`, `1GiB`, `4096`, in bytes. */
export function parseSize(text: string): number {
  const value = withUnit(text, BYTES);
  if (value === undefined)
    throw new InvalidArgumentError('Expected a size such as 100MB or 1GiB, or a number of bytes.');
  return value;
}

/** A parser of integers from `least` to `most`. */
export function parseInteger(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`Expected an integer ${range}.`);
  };
}

/** A rate per second, above 0. */
export function parseRate(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new InvalidArgumentError('Expected a number above 0, such as 20 or 0.5.');
}

const SWITCHES: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
]);

/** Whether a flag that takes no value is given, where it is not on the command line: `true` or `false`. */
export function parseSwitch(text: string): boolean {
  const value = SWITCHES.get(text.trim().toLowerCase());
  if (value === undefined) throw new InvalidArgumentError('Expected true or false.');
  return value;
}

/** Any text but an empty one, which is what an unset variable in a script gives. */
export function parseText(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Expected a value that is not empty.');
  return text;
}

/** A directory, as a path or `file:` URI, or a place in an object store. */
export function parseRoot(text: string): string {
  const target = uriTarget(parseText(text));
  if (target.kind === 'local' && target.paths[0] !== undefined) return resolve(target.paths[0]);
  if (objectLocation(text) !== undefined) return text;
  throw new InvalidArgumentError('Expected a directory, or an object-store URI such as s3://bucket/path.');
}

/** The origin of a server, `https://host:port`; the rest of the URL is dropped. */
export function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.origin;
  throw new InvalidArgumentError('Expected the URL of a server, such as https://artifacts.example.org:5500.');
}

function withUnit(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([a-z]*)$/.exec(text.trim().toLowerCase());
  if (match === null) return undefined;
  const [, number = '', unit = ''] = match;
  const factor = Object.hasOwn(units, unit) ? units[unit]! : Number.NaN;
  const value = Math.round(Number(number) * factor);
  return Number.isSafeInteger(value) ? value : undefined;
}
