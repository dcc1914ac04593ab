import type { DictKey, Value } from '../contents.js';
import type { Plain } from '../expected/values.js';

const LONGEST = 120;

/** A value as it is told to people, on one line. A float is told apart from an int by its point, as Python does it. */
export function show(value: Plain | undefined): string {
  return shorten(plainText(value));
}

export function showValue(value: Value | undefined): string {
  return shorten(valueText(value));
}

export function showFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (Object.is(value, -0)) return '-0.0';
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value);
}

/** A time in seconds, for people; with the number where it is no date, or finer than a date shows. */
export function showTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return `${showFloat(seconds)} s`;
  return date.getTime() === seconds * 1000 ? date.toISOString() : `${date.toISOString()} (${seconds} s)`;
}

function plainText(value: Plain | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 2 * LONGEST ? value.slice(0, 2 * LONGEST) : value);
    case 'number':
      return showFloat(value);
    case 'object':
      return value instanceof Map
        ? `{${[...value]
            .slice(0, 20)
            .map(([key, item]) => `${keyText(key)}: ${plainText(item as Plain)}`)
            .join(', ')}}`
        : `[${(value as readonly Plain[]).slice(0, 20).map(plainText).join(', ')}]`;
    default:
      return String(value);
  }
}

function valueText(value: Value | undefined): string {
  switch (value?.type) {
    case undefined:
      return 'nothing';
    case 'none':
      return 'None';
    case 'bool':
    case 'int':
      return String(value.value);
    case 'float':
      return showFloat(value.value);
    case 'string':
      return plainText(value.value);
    case 'bytes':
      return `${value.value.length} bytes`;
    case 'list':
      return `[${value.items.slice(0, 20).map(valueText).join(', ')}]`;
    case 'dict':
      return `{${[...value.entries]
        .slice(0, 20)
        .map(([key, item]) => `${keyText(key)}: ${valueText(item)}`)
        .join(', ')}}`;
    case 'object':
      return value.name;
    case 'unreadable':
      return `something unreadable (${Buffer.from(value.record.subarray(0, 16)).toString('hex')})`;
  }
}

function keyText(key: DictKey): string {
  return typeof key === 'bigint' ? String(key) : JSON.stringify(key);
}

function shorten(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
