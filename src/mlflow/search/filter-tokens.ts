/**
 * `space`, `comment`s and anything else that a filter may not have are told apart only as far as errors need it. A `word` may be a
 * name or a keyword; a `name` is never a keyword, a `symbol` is in double quotes, a `text` in single ones.
 */
export type TokenKind =
  | 'word'
  | 'name'
  | 'keyword'
  | 'symbol'
  | 'text'
  | 'number'
  | 'comparator'
  | 'punctuation'
  | 'other';

/** A piece of a filter, and where it begins. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Index of its first character. */
  readonly at: number;
}

/** Python's `\w`. */
const W = '[\\p{L}\\p{N}_]';
/** What begins an ordinary name. */
const A = '[A-ZÀ-Ü]';
/** The end of a word. */
const B = `(?!${W})`;

/**
 * MLflow reads filters with sqlparse; these are the rules of its lexer (sqlparse 0.6, keywords.py, SQL_REGEX) in their order, without
 * those that make no difference here. The first that matches counts.
 */
const RULES: readonly (readonly [kind: TokenKind | 'space', rule: RegExp])[] = (
  [
    ['other', '(?:--|# ).*?(?:\\r\\n|\\r|\\n|$)'],
    ['other', '/\\*[\\s\\S]*?\\*/'],
    ['space', '[\\s\\x1c-\\x1f\\x85]+'],
    ['other', ':='],
    ['punctuation', '::'],
    ['punctuation', '\\*'],
    ['name', '`(?:``|[^`])*`'],
    ['name', '´(?:´´|[^´])*´'],
    ['other', '\\?'],
    ['other', `%(?:\\(${W}+\\))?s`],
    ['other', `(?<!${W})[$:?]${W}+`],
    ['other', `\\\\${W}+`],
    ['keyword', `(?:CASE|IN|VALUES|USING|FROM|AS)${B}`],
    ['name', `(?:@|##|#)${A}${W}+`],
    ['name', `${A}${W}*(?=\\s*\\.(?![0-9]))`],
    ['name', `(?<=\\.)${A}${W}*`],
    ['name', `${A}${W}*(?=\\()`],
    ['other', '-?0x[0-9A-F]+'],
    ['number', '-?[0-9]+(?:\\.[0-9]+)?E-?[0-9]+'],
    ['number', `(?![_A-ZÀ-Ü])-?(?:[0-9]+(?:\\.[0-9]*)|\\.[0-9]+)(?![_A-ZÀ-Ü])`],
    ['number', `(?![_A-ZÀ-Ü])-?[0-9]+(?![_A-ZÀ-Ü])`],
    ['text', "'(?:''|\\\\'|[^'])*'"],
    ['symbol', '"(?:""|\\\\"|[^"])*"'],
    ['name', `(?<![\\p{L}\\p{N}_\\])])\\[[^\\]\\[]+\\]`],
    ['keyword', `NOT\\s+NULL${B}`],
    ['comparator', `(?:NOT\\s+)?(?:LIKE|ILIKE|RLIKE)${B}`],
    ['comparator', `(?:NOT\\s+)?REGEXP(?:\\s+BINARY)?${B}`],
    ['keyword', `(?:AND|OR|NOT|IS|NULL)${B}`],
    ['word', `${W}[$#\\p{L}\\p{N}_]*`],
    ['punctuation', '[;:()\\[\\],.]'],
    ['punctuation', '->>?'],
    ['other', '#>>?|@>|<@|\\?\\|?|\\?&|-|#-'],
    ['comparator', '[<>=~!]+'],
    ['other', '[\\s\\S]'],
  ] as const
).map(([kind, rule]) => [kind, new RegExp(rule, 'iuy')] as const);

/** Cuts a filter into tokens; nothing is left over. */
export function filterTokens(filter: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < filter.length; ) {
    const { kind, text } = next(filter, at);
    if (kind !== 'space') tokens.push({ kind, text, at });
    at += text.length;
  }
  return tokens;
}

function next(filter: string, at: number): { readonly kind: TokenKind | 'space'; readonly text: string } {
  for (const [kind, rule] of RULES) {
    rule.lastIndex = at;
    const text = rule.exec(filter)?.[0];
    if (text) return { kind, text };
  }
  return { kind: 'other', text: filter.slice(at, at + 1) }; // never: the last rule takes anything
}
