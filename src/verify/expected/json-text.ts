import { isInt64, MOST_VALUES, type Plain, withNamedKeys } from './values.js';

const MOST_DEPTH = 200;

const SPACE = /[ \t\n\r]*/y;
const TOKEN = /([[\]{},:])|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])|(-?Infinity|NaN|true|false|null)/y;
const LONE_SURROGATE = /\p{Surrogate}/u;

type Token =
  | { readonly type: 'punctuation'; readonly text: string }
  | { readonly type: 'scalar'; readonly value: Plain };

/**
 * The value of a JSON text as Python's `json` reads it (docs/mapping.md, "JSON texts"): integers are int64s, a number that reading
 * would change is the string of its digits. Undefined for what is none, nested too deep or too large.
 */
export function jsonValue(text: string): Plain | undefined {
  const tokens = new Tokens(text);
  const value = readValue(tokens, tokens.next(), 0);
  return value !== undefined && tokens.isAtEnd ? value : undefined;
}

class Tokens {
  private at = 0;
  private values = 0;

  constructor(private readonly text: string) {}

  get isAtEnd(): boolean {
    this.skipSpace();
    return this.at === this.text.length;
  }

  next(): Token | undefined {
    this.skipSpace();
    if (this.text[this.at] === '"') return this.string();
    TOKEN.lastIndex = this.at;
    const found = TOKEN.exec(this.text);
    if (found === null) return undefined;
    this.at = TOKEN.lastIndex;
    const [, punctuation, number, word] = found;
    if (punctuation !== undefined) return { type: 'punctuation', text: punctuation };
    return { type: 'scalar', value: number === undefined ? WORDS[word!]! : numberOf(number) };
  }

  private skipSpace(): void {
    SPACE.lastIndex = this.at;
    SPACE.exec(this.text);
    this.at = SPACE.lastIndex;
  }

  /** Aim holds no half of a surrogate pair. */
  private string(): Token | undefined {
    let end = this.at + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === '\\' ? 2 : 1;
    try {
      const value: string = JSON.parse(this.text.slice(this.at, end + 1));
      this.at = end + 1;
      return LONE_SURROGATE.test(value) ? undefined : { type: 'scalar', value };
    } catch {
      return undefined;
    }
  }

  count(): boolean {
    return ++this.values <= MOST_VALUES;
  }
}

const WORDS: Readonly<Record<string, Plain>> = {
  true: true,
  false: false,
  null: null,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

function readValue(tokens: Tokens, first: Token | undefined, depth: number): Plain | undefined {
  if (first === undefined || !tokens.count()) return undefined;
  if (first.type === 'scalar') return first.value;
  if (depth === MOST_DEPTH) return undefined;
  if (first.text === '[') return listOf(tokens, depth + 1);
  return first.text === '{' ? objectOf(tokens, depth + 1) : undefined;
}

function listOf(tokens: Tokens, depth: number): Plain | undefined {
  const items: Plain[] = [];
  for (let token = tokens.next(); ; token = tokens.next()) {
    if (items.length === 0 && is(token, ']')) return items;
    const item = readValue(tokens, token, depth);
    if (item === undefined) return undefined;
    items.push(item);
    const after = tokens.next();
    if (is(after, ']')) return items;
    if (!is(after, ',')) return undefined;
  }
}

function objectOf(tokens: Tokens, depth: number): Plain | undefined {
  const object = new Map<string, Plain>();
  for (let key = tokens.next(), isFirst = true; ; key = tokens.next(), isFirst = false) {
    if (isFirst && is(key, '}')) return object;
    if (key?.type !== 'scalar' || typeof key.value !== 'string' || !is(tokens.next(), ':')) return undefined;
    const value = readValue(tokens, tokens.next(), depth);
    if (value === undefined) return undefined;
    object.set(key.value, value);
    const after = tokens.next();
    if (is(after, '}')) return withNamedKeys(object);
    if (!is(after, ',')) return undefined;
  }
}

function is(token: Token | undefined, text: string): boolean {
  return token?.type === 'punctuation' && token.text === text;
}

function numberOf(token: string): Plain {
  if (!/[.eE]/.test(token)) {
    if (token.length > 20) return token;
    const integer = BigInt(token);
    return isInt64(integer) ? integer : token;
  }
  const float = Number(token);
  return Number.isFinite(float) ? float : token;
}
