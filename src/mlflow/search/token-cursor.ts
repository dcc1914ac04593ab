import type { ConvertError } from '../../errors.js';
import { filterError } from './filter-error.js';
import { filterTokens, type Token } from './filter-tokens.js';

/** A part of a filter as it is written. */
export interface Written {
  readonly text: string;
  /** Index of its first character. */
  readonly at: number;
}

/** A filter while it is read: its tokens, and which is next. */
export class TokenCursor {
  readonly #filter: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(filter: string) {
    this.#filter = filter;
    this.#tokens = filterTokens(filter);
  }

  /** The next token; undefined at the end. */
  get token(): Token | undefined {
    return this.#tokens[this.#next];
  }

  /** Where the next token begins. */
  get at(): number {
    return this.token?.at ?? this.#filter.length;
  }

  /** Takes the next token, which there must be; returns where it ends. */
  take(): number {
    const { at, text } = this.#tokens[this.#next++]!;
    return at + text.length;
  }

  takeKeyword(keyword: string): boolean {
    const isNext = this.token?.kind === 'keyword' && this.token.text.toUpperCase() === keyword;
    if (isNext) this.#next++;
    return isNext;
  }

  isAt(punctuation: string): boolean {
    return this.token?.kind === 'punctuation' && this.token.text === punctuation;
  }

  /** Takes all tokens from an opening bracket to the one that closes it; returns where that ends. */
  takeGroup(open: '(' | '[', close: ')' | ']'): number {
    const { at } = this;
    let depth = 0;
    while (this.token !== undefined) {
      if (this.isAt(open)) depth++;
      if (this.isAt(close)) depth--;
      const end = this.take();
      if (depth === 0) return end;
    }
    throw this.error(at, `${open} is not closed`);
  }

  written(at: number, end: number): Written {
    return { text: this.#filter.slice(at, end), at };
  }

  error(at: number, reason: string, hint?: string): ConvertError {
    return filterError(this.#filter, at, reason, hint);
  }
}
