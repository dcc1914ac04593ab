import type { AimKey, AimValue } from '../aim/value.js';
import { MAX_DEPTH, MAX_VALUES } from './bounds.js';
import { isInt64 } from './int64.js';
import { withoutEmptyKey } from './keys.js';
import { readStringLiteral } from './python-string.js';

/** What a literal can begin with: most params are plain words and end here. */
const CAN_BEGIN = /^[ \t\n\r\f#\\'"+\-.\d([{TFNrRuU]/;

const RADIX_INTEGER = /0(?:[xX](?:_?[\da-fA-F])+|[oO](?:_?[0-7])+|[bB](?:_?[01])+)/y;
const FLOAT =
  /\d(?:_?\d)*\.(?:\d(?:_?\d)*)?(?:[eE][+-]?\d(?:_?\d)*)?|\.\d(?:_?\d)*(?:[eE][+-]?\d(?:_?\d)*)?|\d(?:_?\d)*[eE][+-]?\d(?:_?\d)*/y;
const INTEGER = /0(?:_?0)*|[1-9](?:_?\d)*/y;

/** Characters; of megabytes of digits an integer is made in minutes, and none of a float is exact. */
const LONGEST_NUMBER = 1000;

/**
 * The value of a text that is a literal of Python, as `ast.literal_eval` of CPython 3.11 reads it; undefined when the
 * text is none, is too large to be one (bounds.ts; numbers of more than 1,000 characters), or when Aim cannot hold the value as
 * it is: integers beyond int64 (anywhere inside), floats that overflow, bytes, sets, complex numbers, dict keys that are neither strings nor integers. Booleans as dict keys become
 * 0 and 1, which is how Aim's SDK stores them. Integers are `bigint`, floats `number`, tuples arrays.
 */
export function parsePythonLiteral(text: string): AimValue | undefined {
  if (!CAN_BEGIN.test(text) || text.includes('\0')) return undefined;
  const source = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  return new LiteralReader(source).read();
}

/** Recursive descent; every method returns undefined for "not a literal" and moves `at` on otherwise. */
class LiteralReader {
  private at = 0;
  private depth = 0;
  private values = 0;

  constructor(private readonly source: string) {}

  read(): AimValue | undefined {
    // literal_eval strips these two and no other white space.
    while (this.source[this.at] === ' ' || this.source[this.at] === '\t') this.at++;
    if (!this.skipBlankLines()) return undefined;
    const value = this.readExpressions();
    if (value === undefined) return undefined;
    this.skipComment();
    if (this.at < this.source.length && !this.take('\n')) return undefined;
    return this.skipBlankLines() && this.at === this.source.length ? value : undefined;
  }

  /** `1` or, without parentheses, the tuple `1, 2`. */
  private readExpressions(): AimValue | undefined {
    const first = this.readValue();
    if (first === undefined || this.source[this.at] !== ',') return first;
    return this.readElements([first], undefined);
  }

  private readValue(): AimValue | undefined {
    if (++this.values > MAX_VALUES) return undefined;
    const value = this.readAtom();
    this.skipSpace();
    return value;
  }

  private readAtom(): AimValue | undefined {
    switch (this.source[this.at]) {
      case '+':
      case '-':
        return this.readSigned();
      case '[':
        return this.nested(() => this.readElements([], ']'));
      case '(':
        return this.nested(() => this.readParenthesized());
      case '{':
        return this.nested(() => this.readDict());
      case 'T':
        return this.take('True') ? true : undefined;
      case 'F':
        return this.take('False') ? false : undefined;
      case 'N':
        return this.take('None') ? null : undefined;
      case "'":
      case '"':
      case 'r':
      case 'R':
      case 'u':
      case 'U':
        return this.readStrings();
      default:
        return inAim(this.readNumber());
    }
  }

  /** Python allows one sign, and between it and the number only parentheses. */
  private readSigned(): AimValue | undefined {
    const negative = this.source[this.at] === '-';
    this.at++;
    const value = this.readUnsigned();
    return value === undefined || !negative ? inAim(value) : inAim(-value);
  }

  private readUnsigned(): bigint | number | undefined {
    this.skipSpace();
    if (this.source[this.at] !== '(') return this.readNumber();
    return this.nested(() => {
      const value = this.readUnsigned();
      this.skipSpace();
      return value !== undefined && this.take(')') ? value : undefined;
    });
  }

  /** A number without a sign; not yet checked against int64, because the sign decides there. */
  private readNumber(): bigint | number | undefined {
    const float = this.match(FLOAT);
    if (float !== undefined) return Number(float.replaceAll('_', ''));
    const integer = this.match(RADIX_INTEGER) ?? this.match(INTEGER);
    return integer === undefined ? undefined : BigInt(integer.replaceAll('_', ''));
  }

  /** Strings side by side are one. */
  private readStrings(): string | undefined {
    let whole: string | undefined;
    for (;;) {
      const literal = readStringLiteral(this.source, this.at);
      if (literal === undefined) return whole;
      whole = (whole ?? '') + literal.value;
      this.at = literal.end;
      this.skipSpace();
    }
  }

  private readParenthesized(): AimValue | undefined {
    if (this.take(')')) return [];
    const first = this.readValue();
    if (first === undefined || this.take(')')) return first;
    return this.readElements([first], ')');
  }

  /** The elements that follow `elements`, with their end; a comma may stand after the last. */
  private readElements(elements: AimValue[], end: string | undefined): AimValue[] | undefined {
    for (;;) {
      if (elements.length > 0) {
        if (!this.take(',')) return this.takeEnd(end) ? elements : undefined;
        this.skipSpace();
      }
      if (this.takeEnd(end)) return elements;
      const element = this.readValue();
      if (element === undefined) return undefined;
      elements.push(element);
    }
  }

  /** A closing bracket; or, outside of brackets, the end of the line, which stays where it is. */
  private takeEnd(end: string | undefined): boolean {
    if (end !== undefined) return this.take(end);
    const char = this.source[this.at];
    return char === undefined || char === '\n' || char === '#';
  }

  private readDict(): AimValue | undefined {
    const dict = new Map<AimKey, AimValue>();
    while (!this.take('}')) {
      const key = toKey(this.readValue());
      if (key === undefined || !this.take(':')) return undefined;
      this.skipSpace();
      const value = this.readValue();
      if (value === undefined) return undefined;
      dict.set(key, value);
      if (this.take(',')) this.skipSpace();
      else if (this.source[this.at] !== '}') return undefined;
    }
    return withoutEmptyKey(dict);
  }

  /** Runs `read` behind an opening bracket, within which line ends are white space. */
  private nested<T>(read: () => T | undefined): T | undefined {
    if (this.depth === MAX_DEPTH) return undefined;
    this.at++;
    this.depth++;
    this.skipSpace();
    const value = read();
    this.depth--;
    return value;
  }

  private skipSpace(): void {
    for (;;) {
      const char = this.source[this.at];
      if (char === ' ' || char === '\t' || char === '\f' || (char === '\n' && this.depth > 0)) this.at++;
      else if (char === '\\' && this.isContinuation()) this.at += 2;
      else if (char === '#' && this.depth > 0) this.skipComment();
      else return;
    }
  }

  /** Passes over blank and comment lines; false when the line that follows is indented. */
  private skipBlankLines(): boolean {
    for (;;) {
      let column = 0;
      for (; ; this.at++) {
        const char = this.source[this.at];
        if (char === ' ' || char === '\t') column++;
        else if (char === '\f') column = 0;
        else if (char === '\\' && this.isContinuation()) this.at++;
        else break;
      }
      if (this.source[this.at] === '#') {
        this.skipComment();
        if (this.at === this.source.length) return true;
      }
      if (!this.take('\n')) return column === 0;
    }
  }

  private skipComment(): void {
    if (this.source[this.at] !== '#') return;
    const end = this.source.indexOf('\n', this.at);
    this.at = end === -1 ? this.source.length : end;
  }

  /** A backslash joins two lines, but not the last line with nothing. */
  private isContinuation(): boolean {
    return this.source[this.at + 1] === '\n' && this.at + 2 < this.source.length;
  }

  private take(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  /** Moves past a number of this form; `undefined` and no move where there is none, or a longer one. */
  private match(form: RegExp): string | undefined {
    form.lastIndex = 0;
    const found = form.exec(this.source.slice(this.at, this.at + LONGEST_NUMBER + 1))?.[0];
    if (found === undefined || found.length > LONGEST_NUMBER) return undefined;
    this.at += found.length;
    return found;
  }
}

function inAim(value: bigint | number | undefined): bigint | number | undefined {
  if (typeof value === 'bigint') return isInt64(value) ? value : undefined;
  return Number.isFinite(value) ? value : undefined;
}

function toKey(value: AimValue | undefined): AimKey | undefined {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return typeof value === 'string' || typeof value === 'bigint' ? value : undefined;
}
