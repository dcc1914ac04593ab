import type { AimKey, AimValue } from '../aim/value.js';
import { MAX_DEPTH, MAX_VALUES } from './bounds.js';
import { isInt64 } from './int64.js';
import { withoutEmptyKey } from './keys.js';

const SPACE = /[ \t\n\r]*/y;
/** With the three words that Python's `json` writes for floats that JSON has no number for. */
const SCALAR = /true|false|null|NaN|-?Infinity|-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
/** Characters of the longest integer, with its sign. */
const INT64_LENGTH = 20;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * The value of a JSON text, or undefined when the text is none (nested more than 200 deep or with more than 100,000
 * values counts as none, and so does text that UTF-8 cannot hold). Integers are int64s; a number that would be changed by reading it, an integer beyond
 * int64 or an overflowing float, is kept as the string of its digits. NaN and ±Infinity are read as Python's `json` does.
 */
export function parseJson(text: string): AimValue | undefined {
  try {
    return new JsonReader(text).read();
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

class JsonReader {
  private at = 0;
  private depth = 0;
  private values = 0;

  constructor(private readonly text: string) {}

  read(): AimValue {
    const value = this.readValue();
    if (this.at < this.text.length) throw new SyntaxError('text after the end');
    return value;
  }

  private readValue(): AimValue {
    if (++this.values > MAX_VALUES) throw new SyntaxError('too many values');
    this.match(SPACE);
    const value = this.readBareValue();
    this.match(SPACE);
    return value;
  }

  private readBareValue(): AimValue {
    switch (this.text[this.at]) {
      case '{':
        return this.readObject();
      case '[':
        return this.readArray();
      case '"':
        return this.readString();
      default:
        return this.readScalar();
    }
  }

  private readObject(): AimValue {
    const object = new Map<AimKey, AimValue>();
    this.open();
    while (!this.take('}')) {
      if (object.size > 0) this.expect(',');
      this.match(SPACE);
      const key = this.readString();
      this.match(SPACE);
      this.expect(':');
      object.set(key, this.readValue());
    }
    this.depth--;
    return withoutEmptyKey(object);
  }

  private readArray(): AimValue {
    const array: AimValue[] = [];
    this.open();
    while (!this.take(']')) {
      if (array.length > 0) this.expect(',');
      array.push(this.readValue());
    }
    this.depth--;
    return array;
  }

  private readString(): string {
    if (this.text[this.at] !== '"') throw new SyntaxError('no string');
    const end = this.endOfString();
    const value: string = JSON.parse(this.text.slice(this.at, end));
    this.at = end;
    if (LONE_SURROGATE.test(value)) throw new SyntaxError('half a surrogate pair');
    return value;
  }

  /** Where the string that begins here ends: behind a quote after an even number of backslashes. */
  private endOfString(): number {
    let quote = this.at;
    for (;;) {
      quote = this.text.indexOf('"', quote + 1);
      if (quote === -1) throw new SyntaxError('a string without an end');
      let backslashes = 0;
      while (this.text[quote - 1 - backslashes] === '\\') backslashes++;
      if (backslashes % 2 === 0) return quote + 1;
    }
  }

  private readScalar(): AimValue {
    const token = this.match(SCALAR);
    switch (token) {
      case undefined:
        throw new SyntaxError('no value');
      case 'true':
        return true;
      case 'false':
        return false;
      case 'null':
        return null;
      case 'NaN':
      case 'Infinity':
      case '-Infinity':
        return Number(token);
    }
    if (/[.eE]/.test(token)) return Number.isFinite(Number(token)) ? Number(token) : token;
    if (token.length > INT64_LENGTH) return token;
    const integer = BigInt(token);
    return isInt64(integer) ? integer : token;
  }

  /** Passes an opening bracket and what space follows. */
  private open(): void {
    if (this.depth === MAX_DEPTH) throw new SyntaxError('nested too deep');
    this.depth++;
    this.at++;
    this.match(SPACE);
  }

  private expect(char: string): void {
    if (!this.take(char)) throw new SyntaxError(`no ${char}`);
  }

  private take(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  private match(expression: RegExp): string | undefined {
    expression.lastIndex = this.at;
    const found = expression.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }
}
