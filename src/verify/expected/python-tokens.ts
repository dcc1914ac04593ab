/**
 * A token of Python's grammar, as far as literals consist of them. `text` of a string is its value. A token that cannot be part of
 * a literal that Aim holds (a name, bytes, a complex number) does not occur: {@link pythonTokens} gives up then.
 */
export type PythonToken =
  | { readonly type: 'string'; readonly text: string }
  | { readonly type: 'number'; readonly text: string }
  | { readonly type: 'punctuation'; readonly text: string }
  | { readonly type: 'word'; readonly text: 'True' | 'False' | 'None' };

/** Python's tokenizer refuses deeper brackets. */
const MOST_BRACKETS = 200;

const BLANK = /(?:[ \t\f]|\\\n(?!$))+/y;
const COMMENT = /#[^\n]*/y;
const NUMBER =
  /(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*)?\.\d(?:_?\d)*(?:[eE][+-]?\d(?:_?\d)*)?|\d(?:_?\d)*\.?(?:[eE][+-]?\d(?:_?\d)*)?)(?![\w.]|[^\0-\x7f])/y;
const WORD = /(?:True|False|None)(?!\w|[^\0-\x7f])/y;
const STRING = /([rRuU]?)("""|'''|"|')/y;

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/**
 * Cuts a text into the tokens of one expression; undefined where Python's own tokenizer would fail, or where a token cannot be part
 * of a value that Aim holds. Line ends count only outside of brackets, where nothing but blank lines may follow one.
 */
export function pythonTokens(text: string): PythonToken[] | undefined {
  if (text.includes('\0')) return undefined;
  return new Tokenizer(text.replace(/^[ \t]+/, '').replace(/\r\n?/g, '\n')).read();
}

class Tokenizer {
  private readonly tokens: PythonToken[] = [];
  private brackets = 0;
  private at = 0;

  constructor(private readonly text: string) {}

  read(): PythonToken[] | undefined {
    // a line that begins with a space is indented, which no expression is; blank lines and comments do not count
    const start =
      /^(?:(?:[ \t\f]|\\\n)*(?:#[^\n]*)?\n)*(?:[ \t\f]*\f)?(?:\\\n(?:[ \t\f]*\f)?)*/.exec(this.text)?.[0] ?? '';
    this.at = start.length;
    if (/[ \t]/.test(this.text[this.at] ?? '')) return undefined;
    while (this.at < this.text.length) {
      if (this.match(BLANK) !== undefined || this.match(COMMENT) !== undefined) continue;
      if (this.text[this.at] === '\n' && this.brackets === 0) return this.endsHere() ? this.tokens : undefined;
      const token = this.text[this.at] === '\n' ? 'none' : this.token();
      if (token === undefined) return undefined;
      if (token === 'none') this.at++;
      else this.tokens.push(token);
    }
    return this.tokens;
  }

  private endsHere(): boolean {
    return /^(?:(?:[ \t\f]|\\\n)*(?:#[^\n]*)?\n)*(?:(?:[ \t\f]*\f)?|(?:[ \t\f]|\\\n)*#[^\n]*)$/.test(
      this.text.slice(this.at),
    );
  }

  private token(): PythonToken | undefined {
    const char = this.text[this.at]!;
    if ('[]{}(),:+-'.includes(char)) return this.punctuation(char);
    const number = this.match(NUMBER);
    if (number !== undefined) return { type: 'number', text: number };
    const word = this.match(WORD);
    if (word !== undefined) return { type: 'word', text: word as 'True' | 'False' | 'None' };
    return this.string();
  }

  private punctuation(text: string): PythonToken | undefined {
    this.at++;
    if ('[{('.includes(text) && ++this.brackets > MOST_BRACKETS) return undefined;
    if (']})'.includes(text) && --this.brackets < 0) return undefined;
    return { type: 'punctuation', text };
  }

  private string(): PythonToken | undefined {
    const opening = this.match(STRING);
    if (opening === undefined) return undefined;
    const quote = opening.replace(/^[rRuU]/, '');
    const isRaw = /^[rR]/.test(opening);
    const parts: string[] = [];
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined || (char === '\n' && quote.length === 1)) return undefined;
      if (this.text.startsWith(quote, this.at)) break;
      if (char !== '\\') {
        parts.push(char);
        this.at++;
        continue;
      }
      if (this.text[this.at + 1] === undefined) return undefined;
      const part = isRaw ? this.take(2) : this.escape();
      if (part === undefined) return undefined;
      parts.push(part);
    }
    this.at += quote.length;
    return { type: 'string', text: parts.join('') };
  }

  /** What a backslash and what follows it mean; undefined for what is an error, or no text. */
  private escape(): string | undefined {
    const char = this.text[this.at + 1]!;
    if (Object.hasOwn(SIMPLE_ESCAPES, char)) {
      this.at += 2;
      return SIMPLE_ESCAPES[char];
    }
    if (char === 'N') return undefined;
    const octal = /^[0-7]{1,3}/.exec(this.text.slice(this.at + 1, this.at + 4))?.[0];
    if (octal !== undefined) return this.character(1 + octal.length, Number.parseInt(octal, 8));
    const length = { x: 2, u: 4, U: 8 }[char];
    if (length === undefined) return this.take(2);
    const digits = this.text.slice(this.at + 2, this.at + 2 + length);
    if (digits.length < length || !/^[0-9a-fA-F]+$/.test(digits)) return undefined;
    return this.character(2 + length, Number.parseInt(digits, 16));
  }

  /** Python does not join two halves of a pair that are escaped one by one, and Aim holds no halves. */
  private character(length: number, code: number): string | undefined {
    this.at += length;
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined;
    return String.fromCodePoint(code);
  }

  private take(length: number): string {
    const taken = this.text.slice(this.at, this.at + length);
    this.at += length;
    return taken;
  }

  private match(expression: RegExp): string | undefined {
    expression.lastIndex = this.at;
    const found = expression.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }
}
