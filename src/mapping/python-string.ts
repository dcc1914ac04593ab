/** A string literal found in Python source: what it says, and where it ends. */
export interface StringLiteral {
  readonly value: string;
  readonly end: number;
}

const OPENING = /[uUrR]?('''|"""|'|")/y;

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

const NUMERIC_ESCAPE = /([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})/y;

/**
 * Reads the one string literal of Python that begins at `start`; undefined where there is none, or one that Aim cannot
 * hold. Bytes and f-strings are no strings; `\N{…}` would need Unicode's table of names and is left alone.
 */
export function readStringLiteral(source: string, start: number): StringLiteral | undefined {
  OPENING.lastIndex = start;
  const opening = OPENING.exec(source);
  if (opening === null) return undefined;
  const quote = opening[1]!;
  const first = source[start]!;
  const raw = first === 'r' || first === 'R';

  let value = '';
  let copied = OPENING.lastIndex;
  for (let at = copied; at < source.length; ) {
    const char = source[at]!;
    if (char === quote[0] && source.startsWith(quote, at)) {
      return { value: value + source.slice(copied, at), end: at + quote.length };
    }
    if (char === '\n' && quote.length === 1) return undefined;
    if (char !== '\\') {
      at += 1;
    } else if (raw) {
      at += 2;
    } else {
      const escaped = readEscape(source, at + 1);
      if (escaped === undefined) return undefined;
      value += source.slice(copied, at) + escaped.value;
      copied = escaped.end;
      at = escaped.end;
    }
  }
  return undefined;
}

/** Reads what follows a backslash at `at`. */
function readEscape(source: string, at: number): StringLiteral | undefined {
  const char = source[at];
  if (char === undefined) return undefined;
  const simple = SIMPLE_ESCAPES[char];
  if (simple !== undefined) return { value: simple, end: at + 1 };

  NUMERIC_ESCAPE.lastIndex = at;
  const numeric = NUMERIC_ESCAPE.exec(source);
  if (numeric !== null) {
    const [, octal, ...hex] = numeric;
    const code = octal === undefined ? Number.parseInt(hex.join(''), 16) : Number.parseInt(octal, 8);
    // Python keeps a surrogate as it is, also beside its other half; UTF-8, and so Aim, cannot.
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    return isSurrogate || code > 0x10ffff
      ? undefined
      : { value: String.fromCodePoint(code), end: NUMERIC_ESCAPE.lastIndex };
  }
  if (char === 'x' || char === 'u' || char === 'U' || char === 'N') return undefined;
  return { value: '\\', end: at };
}
