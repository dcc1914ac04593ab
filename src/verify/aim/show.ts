import type { DictValue, FloatValue, SequenceId, Value } from '../contents.js';
import { decodeRecord } from './records.js';

/** Texts are shown up to so many characters. */
const LONGEST = 60;

/** A value for people, in at most a line. */
export function showValue(value: Value): string {
  switch (value.type) {
    case 'none':
      return 'None';
    case 'bool':
      return value.value ? 'True' : 'False';
    case 'int':
      return String(value.value);
    case 'float':
      return showFloat(value);
    case 'string':
      return shorten(JSON.stringify(value.value));
    case 'bytes':
      return `${value.value.length} bytes`;
    case 'list':
      return `a list of ${value.items.length}`;
    case 'dict':
      return shorten(showDict(value));
    case 'object':
      return value.name;
    case 'unreadable':
      return 'bytes that mean nothing';
  }
}

/** What a single record says. */
export function showRecord(record: Uint8Array): string {
  const content = decodeRecord(record);
  if (content.kind === 'value') return showValue(content.value);
  return content.kind === 'object' ? content.name : `a ${content.kind}`;
}

/** Shortest digits that are the same double; a float is told apart from an int by its point. */
function showFloat({ value }: FloatValue): string {
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function showDict({ entries }: DictValue): string {
  return `{${[...entries].map(([key, value]) => `${key}: ${showValue(value)}`).join(', ')}}`;
}

/** A sequence's name, and its context where it has one. */
export function showSequence({ name, context }: SequenceId): string {
  return context.entries.size === 0 ? name : `${name} ${showDict(context)}`;
}

function shorten(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
