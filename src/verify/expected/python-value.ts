import { type PythonToken, pythonTokens } from './python-tokens.js';
import { isInt64, MOST_VALUES, type Plain, withNamedKeys } from './values.js';

/** Of a number; longer ones leave the text as it is. */
const MOST_DIGITS = 1000;

/** What is no literal, or none that Aim holds. */
class NoValue extends Error {}

/**
 * What a param becomes (docs/mapping.md, "Typed values"): the value of a text that `ast.literal_eval` reads, as long as Aim can hold all of
 * it; any other text stays what it is.
 */
export function typedParam(text: string): Plain {
  const tokens = mayBeLiteral(text) ? pythonTokens(text) : undefined;
  if (tokens === undefined || tokens.length === 0) return text;
  try {
    return new Parser(tokens).parse();
  } catch (cause) {
    if (cause instanceof NoValue) return text;
    throw cause;
  }
}

/** Most params are plain words. */
function mayBeLiteral(text: string): boolean {
  return /^[\s\\]*(?:[#"'0-9.[({+-]|True|False|None|[rRuU]["'])/.test(text);
}

class Parser {
  private at = 0;
  private values = 0;

  constructor(private readonly tokens: readonly PythonToken[]) {}

  parse(): Plain {
    const first = this.value();
    const all = this.next(',') ? [first, ...this.items(undefined)] : first;
    if (this.at < this.tokens.length) throw new NoValue();
    return all;
  }

  /** Items and commas up to a closing bracket, which is passed, or to the end. */
  private items(close: ']' | ')' | undefined): Plain[] {
    const items: Plain[] = [];
    for (;;) {
      if (close === undefined ? this.at === this.tokens.length : this.next(close)) return items;
      items.push(this.value());
      if (this.next(',')) continue;
      if (close === undefined ? this.at === this.tokens.length : this.next(close)) return items;
      throw new NoValue();
    }
  }

  private value(): Plain {
    if (++this.values > MOST_VALUES) throw new NoValue();
    const token = this.tokens[this.at++];
    switch (token?.type) {
      case 'number':
        return numberOf(token.text);
      case 'word':
        return token.text === 'None' ? null : token.text === 'True';
      case 'string':
        return this.strings(token.text);
      case 'punctuation':
        return this.bracketed(token.text);
      case undefined:
        throw new NoValue();
    }
  }

  /** Strings side by side are one. */
  private strings(first: string): string {
    const parts = [first];
    for (let token = this.tokens[this.at]; token?.type === 'string'; token = this.tokens[++this.at])
      parts.push(token.text);
    return parts.join('');
  }

  private bracketed(open: string): Plain {
    switch (open) {
      case '[':
        return this.items(']');
      case '(':
        return this.tuple();
      case '{':
        return this.dict();
      case '+':
      case '-':
        return this.signed(open === '-');
      default:
        throw new NoValue();
    }
  }

  /** A value in parentheses is that value; with a comma, or nothing, it is a tuple. */
  private tuple(): Plain {
    if (this.next(')')) return [];
    const first = this.value();
    if (this.next(')')) return first;
    if (!this.next(',')) throw new NoValue();
    return [first, ...this.items(')')];
  }

  /** A sign stands before a number, which may be in parentheses, and before nothing else. */
  private signed(isNegative: boolean): Plain {
    let depth = 0;
    while (this.next('(')) depth++;
    const token = this.tokens[this.at++];
    if (token?.type !== 'number') throw new NoValue();
    const value = numberOf(token.text, isNegative);
    for (; depth > 0; depth--) if (!this.next(')')) throw new NoValue();
    return value;
  }

  private dict(): Plain {
    const dict = new Map<string | bigint, Plain>();
    while (!this.next('}')) {
      const key = this.value();
      if (!this.next(':')) throw new NoValue();
      const value = this.value();
      dict.set(keyOf(key, dict), value);
      if (!this.next(',') && !this.isNext('}')) throw new NoValue();
    }
    return withNamedKeys(dict);
  }

  private next(text: string): boolean {
    const found = this.isNext(text);
    if (found) this.at++;
    return found;
  }

  private isNext(text: string): boolean {
    const token = this.tokens[this.at];
    return token?.type === 'punctuation' && token.text === text;
  }
}

/** Python's keys 1, 1.0 and True are one, of which the first stays; Aim knows strings and integers. */
function keyOf(key: Plain, dict: ReadonlyMap<string | bigint, Plain>): string | bigint {
  if (typeof key === 'string' || typeof key === 'bigint') return key;
  if (typeof key === 'boolean') return key ? 1n : 0n;
  if (typeof key === 'number' && Number.isInteger(key) && dict.has(BigInt(key))) return BigInt(key);
  throw new NoValue();
}

/** An int64 or a finite double. */
function numberOf(token: string, isNegative = false): Plain {
  if (token.length > MOST_DIGITS) throw new NoValue();
  const text = token.replaceAll('_', '');
  if (/^0[xXoObB]/.test(text) || /^\d+$/.test(text)) {
    // 0777 is an error, 000 is not
    if (/^0+[1-9]/.test(text)) throw new NoValue();
    const integer = BigInt(text.toLowerCase());
    const value = isNegative ? -integer : integer;
    if (!isInt64(value)) throw new NoValue();
    return value;
  }
  const float = Number(text);
  if (!Number.isFinite(float)) throw new NoValue();
  return isNegative ? -float : float;
}
