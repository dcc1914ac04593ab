/** In what the sources of MLflow differ when they match a text with a pattern of LIKE or ILIKE. */
export interface LikeStyle {
  /** What `%` and `_` stand for does not include the end of a line, and a text may have one more at its end. */
  readonly lines: boolean;
  /** A backslash makes the next character of a pattern an ordinary one. */
  readonly escapes: boolean;
  /** Folds the case of a character, for ILIKE. */
  readonly fold: (char: string) => string;
}

const toLowerCase = (char: string) => char.toLowerCase();

/** MLflow's file store makes regular expressions of patterns, without DOTALL. */
export const REGEX_LIKE: LikeStyle = { lines: true, escapes: false, fold: toLowerCase };

/** SQLite's, as MLflow sets it up (`PRAGMA case_sensitive_like`); its lower() knows only ASCII. */
export const SQLITE_LIKE: LikeStyle = {
  lines: false,
  escapes: false,
  fold: (char) => (char >= 'A' && char <= 'Z' ? char.toLowerCase() : char),
};

/** PostgreSQL's and MySQL's. */
export const SERVER_LIKE: LikeStyle = { lines: false, escapes: true, fold: toLowerCase };

/** `%`, `_`, or a character that means itself. */
type Piece = { readonly type: 'any' } | { readonly type: 'one' } | { readonly type: 'char'; readonly char: string };

/**
 * A test for texts against a pattern: `%` stands for any characters, `_` for one. All ways in which a text can match are followed side by
 * side, so that the time is at most the product of both lengths.
 */
export function likePattern(pattern: string, style: LikeStyle, ignoreCase: boolean): (text: string) => boolean {
  const fold = ignoreCase ? style.fold : (char: string) => char;
  const pieces = piecesOf(pattern, style.escapes, fold);
  const isOpen = style.lines && pattern.endsWith('%');
  return (text) => {
    const chars = [...text].map(fold);
    const places = follow(pieces, chars, style.lines);
    if (isOpen) return places.includes(1);
    const isMatch = places[chars.length] === 1;
    return isMatch || (style.lines && chars.at(-1) === '\n' && places[chars.length - 1] === 1);
  };
}

function piecesOf(pattern: string, escapes: boolean, fold: (char: string) => string): Piece[] {
  const pieces: Piece[] = [];
  const chars = [...pattern];
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!;
    if (char === '%') pieces.push({ type: 'any' });
    else if (char === '_') pieces.push({ type: 'one' });
    else if (char === '\\' && escapes && i + 1 < chars.length) pieces.push({ type: 'char', char: fold(chars[++i]!) });
    else pieces.push({ type: 'char', char: fold(char) });
  }
  return pieces;
}

/** For each place in the text, its end included, whether a match of all pieces can end there. */
function follow(pieces: readonly Piece[], chars: readonly string[], lines: boolean): Uint8Array {
  let places = new Uint8Array(chars.length + 1);
  places[0] = 1;
  for (const piece of pieces) {
    if (!places.includes(1)) break;
    const reached = new Uint8Array(chars.length + 1);
    for (const [i, char] of chars.entries()) {
      const isStopped = lines && char === '\n';
      if (piece.type === 'any') {
        if (places[i] === 1) reached[i] = 1;
        if (reached[i] === 1 && !isStopped) reached[i + 1] = 1;
      } else if (places[i] === 1 && (piece.type === 'char' ? piece.char === char : !isStopped)) reached[i + 1] = 1;
    }
    if (piece.type === 'any' && places[chars.length] === 1) reached[chars.length] = 1;
    places = reached;
  }
  return places;
}
