/** Bytes that matter in the arguments of a call. */
const BYTE = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  quote: 0x22,
  apostrophe: 0x27,
  openParenthesis: 0x28,
  closeParenthesis: 0x29,
  comma: 0x2c,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  backtick: 0x60,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

/** How a call that was read has ended: behind its `)`, or because its arguments are not those of a figure. */
export type CallEnd = 'complete' | 'other' | 'too-large';

/** The first argument tells where to draw: an id in quotes, or an expression. */
const PLACE = 0;
/** The last argument that is kept; those behind it (the configuration) are passed over. */
const LAST_KEPT = 2;
/** Where to draw is said in fewer bytes than this; anything longer is code of another kind. */
const LONGEST_PLACE = 1000;
const SPACES: ReadonlySet<number> = new Set([BYTE.tab, BYTE.lineFeed, BYTE.carriageReturn, BYTE.space]);

/**
 * Reads the arguments of one call of a script, of which the second and third are JSON, from bytes that come in pieces. Holds the bytes of
 * these two arguments, and never more than `limit`.
 */
export class CallReader {
  /** The second and third argument, as far as they were there. */
  readonly kept: Buffer[] = [];
  private pieces: Buffer[] = [];
  private size = 0;
  private argument = PLACE;
  private length = 0;
  private depth = 0;
  private quotedBy = 0;
  private isEscaped = false;
  /** Something of the argument has come, besides spaces. */
  private hasBegun = false;
  private endedAs: CallEnd | undefined;

  /** @param limit the most bytes that are kept of all arguments */
  constructor(private readonly limit: number) {}

  get end(): CallEnd | undefined {
    return this.endedAs;
  }

  /** Takes the bytes of `chunk` from `start` on; returns where it stopped: behind the call, or at the end of the chunk. */
  read(chunk: Buffer, start: number): number {
    let from = start;
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.quotedBy !== 0) this.inString(byte);
      else if (this.depth === 0 && (byte === BYTE.comma || byte === BYTE.closeParenthesis)) {
        this.keep(chunk, from, at);
        from = at + 1;
        if (this.endArgument(byte)) return at + 1;
      } else this.outside(byte);
      this.length++;
      if (this.argument === PLACE && this.length > LONGEST_PLACE) this.endedAs = 'other';
      // what is none may be followed by one at once
      if (this.endedAs !== undefined) return at;
    }
    this.keep(chunk, from, chunk.length);
    return chunk.length;
  }

  private inString(byte: number): void {
    if (this.isEscaped) this.isEscaped = false;
    else if (byte === BYTE.backslash) this.isEscaped = true;
    else if (byte === this.quotedBy) this.quotedBy = 0;
  }

  private outside(byte: number): void {
    switch (byte) {
      case BYTE.apostrophe:
      case BYTE.backtick:
        // no JSON has these outside of its strings
        if (this.argument !== PLACE && this.argument <= LAST_KEPT) this.endedAs = 'other';
        this.quotedBy = byte;
        return;
      case BYTE.quote:
        this.quotedBy = byte;
        break;
      case BYTE.openParenthesis:
      case BYTE.openBracket:
      case BYTE.openBrace:
        this.depth++;
        break;
      case BYTE.closeParenthesis:
      case BYTE.closeBracket:
      case BYTE.closeBrace:
        this.depth--;
    }
    this.checkBeginning(byte);
  }

  /** A call by variables, as plotly.js itself has them, ends at the first byte of its second argument. */
  private checkBeginning(byte: number): void {
    if (this.argument === PLACE || this.argument > LAST_KEPT || this.hasBegun || SPACES.has(byte)) return;
    this.hasBegun = true;
    const isList = byte === BYTE.openBracket && this.argument === 1;
    if (!isList && byte !== BYTE.openBrace) this.endedAs = 'other';
  }

  private keep(chunk: Buffer, from: number, to: number): void {
    if (this.argument === PLACE || this.argument > LAST_KEPT || from === to) return;
    this.size += to - from;
    if (this.size > this.limit) this.pieces = [];
    else this.pieces.push(Buffer.from(chunk.subarray(from, to)));
  }

  /** Whether this was the last argument. */
  private endArgument(byte: number): boolean {
    if (this.endedAs !== undefined) return true;
    if (this.argument !== PLACE && this.argument <= LAST_KEPT && this.hasBegun)
      this.kept.push(Buffer.concat(this.pieces));
    this.pieces = [];
    this.hasBegun = false;
    this.argument++;
    if (byte === BYTE.closeParenthesis) this.endedAs = this.outcome();
    return this.endedAs !== undefined;
  }

  private outcome(): CallEnd {
    if (this.size > this.limit) return 'too-large';
    return this.kept.length > 0 ? 'complete' : 'other';
  }
}
