import { MalformedJsonError } from '../http/exact-json.js';

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];
const [ZERO, NINE, MINUS] = [0x30, 0x39, 0x2d];
/** Any integer of so many digits fits a double. */
const SAFE_DIGITS = 15;
const MAX_CACHED_KEYS = 16;
/** Responses are about four levels deep; each level is a call. */
const MAX_DEPTH = 100;

/**
 * Reads JSON in UTF-8 of a known shape, without making objects of it. Every method throws {@link MalformedJsonError}
 * if the bytes are not JSON of that shape or end too early. Python's NaN, Infinity and -Infinity count as numbers.
 */
export class JsonBytes {
  #at = 0;
  #depth = 0;
  /** Keys so far: there are few, and comparing one costs less than making a string of it again. */
  readonly #keys: { readonly text: string; readonly bytes: Buffer }[] = [];

  constructor(private readonly bytes: Buffer) {}

  /** Reads an object; `member` must read the value of each key. Keys are unescaped. */
  object(member: (key: string) => void): void {
    this.#members(OPEN_OBJECT, CLOSE_OBJECT, () => {
      const key = this.#key();
      this.#expect(COLON);
      member(key);
    });
  }

  /** Reads a list; `item` must read each of its items. */
  list(item: () => void): void {
    this.#members(OPEN_LIST, CLOSE_LIST, item);
  }

  /** Reads a string. */
  string(): string {
    this.#expect(QUOTE);
    const begin = this.#at;
    const escaped = this.#skipString();
    if (!escaped) return this.bytes.toString('utf8', begin, this.#at - 1);
    return JSON.parse(this.bytes.toString('utf8', begin - 1, this.#at)) as string;
  }

  /** Reads a number, bare or in a string. */
  double(): number {
    const small = this.#smallInteger();
    if (small !== undefined) return small;
    const text = this.#scalar();
    const value = Number(text);
    if (text === '' || (Number.isNaN(value) && text !== 'NaN')) throw this.#fault();
    return value;
  }

  /** Reads an integer, bare or in a string, exactly. */
  integer(): bigint {
    const small = this.#smallInteger();
    if (small !== undefined) return BigInt(small);
    const text = this.#scalar();
    if (/^-?\d+$/.test(text)) return BigInt.asIntN(64, BigInt(text));
    const value = Number(text);
    if (text === '' || !Number.isInteger(value)) throw this.#fault();
    return BigInt(value);
  }

  /** Skips any value. */
  skip(): void {
    switch (this.#next()) {
      case QUOTE:
        this.#at++;
        this.#skipString();
        return;
      case OPEN_OBJECT:
        this.object(() => this.skip());
        return;
      case OPEN_LIST:
        this.list(() => this.skip());
        return;
      default:
        if (!/^(true|false|null)$/.test(this.#peekWord())) this.double();
        else this.#at += this.#peekWord().length;
    }
  }

  /** Throws unless only white space is left. */
  end(): void {
    while (this.#at < this.bytes.length) if (this.bytes[this.#at++]! > 0x20) throw this.#fault();
  }

  #members(open: number, close: number, member: () => void): void {
    this.#expect(open);
    if (++this.#depth > MAX_DEPTH) throw this.#fault();
    for (let more = this.#next() !== close; more; ) {
      member();
      more = this.#next() === COMMA;
      if (more) this.#at++;
    }
    this.#depth--;
    this.#expect(close);
  }

  #key(): string {
    this.#next();
    for (const { text, bytes } of this.#keys) if (this.#skipIf(bytes)) return text;
    const begin = this.#at;
    const text = this.string();
    if (this.#keys.length < MAX_CACHED_KEYS) {
      this.#keys.push({ text, bytes: Buffer.from(this.bytes.subarray(begin, this.#at)) });
    }
    return text;
  }

  /** Skips these bytes, quotes included, if they are next. */
  #skipIf(expected: Buffer): boolean {
    const end = this.#at + expected.length;
    if (end > this.bytes.length) return false;
    for (let at = 0; at < expected.length; at++) if (this.bytes[this.#at + at] !== expected[at]) return false;
    this.#at = end;
    return true;
  }

  /** An integer of few digits, read without making a string; for anything else undefined, and nothing is read. */
  #smallInteger(): number | undefined {
    this.#next();
    const { bytes } = this;
    let at = this.#at;
    const negative = bytes[at] === MINUS;
    if (negative) at++;
    const first = at;
    let value = 0;
    for (let byte = bytes[at]!; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) value = value * 10 + byte - ZERO;
    const after = bytes[at];
    const ends = after === COMMA || after === CLOSE_OBJECT || (after !== undefined && after <= 0x20);
    if (at === first || at - first > SAFE_DIGITS || !ends) return undefined;
    this.#at = at;
    return negative ? -value : value; // -0 as Python's float has it
  }

  /** The text of a number, or of a string. */
  #scalar(): string {
    if (this.#next() === QUOTE) return this.string();
    const word = this.#peekWord();
    this.#at += word.length;
    if (this.#at === this.bytes.length) throw this.#fault(); // it may be cut
    return word;
  }

  #peekWord(): string {
    let end = this.#at;
    for (let byte = this.bytes[end]; byte !== undefined && isWordByte(byte); byte = this.bytes[++end]);
    return this.bytes.toString('latin1', this.#at, end);
  }

  /** From behind the opening quote to behind the closing one. True if there are escapes. */
  #skipString(): boolean {
    const { bytes } = this;
    let escaped = false;
    for (let at = this.#at; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) {
        this.#at = at + 1;
        return escaped;
      }
      if (byte === BACKSLASH) {
        escaped = true;
        at++;
      }
    }
    throw this.#fault();
  }

  /** The next byte that is not white space, without reading it. */
  #next(): number {
    for (let byte = this.bytes[this.#at]; byte !== undefined; byte = this.bytes[++this.#at])
      if (byte > 0x20) return byte;
    throw this.#fault();
  }

  #expect(byte: number): void {
    if (this.#next() !== byte) throw this.#fault();
    this.#at++;
  }

  #fault(): MalformedJsonError {
    return new MalformedJsonError(`Unexpected JSON at byte ${this.#at}`, this.#at >= this.bytes.length);
  }
}

/** Letters, digits, and the signs of numbers. */
function isWordByte(byte: number): boolean {
  return (
    (byte >= ZERO && byte <= NINE) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    byte === MINUS ||
    byte === 0x2b ||
    byte === 0x2e
  );
}
