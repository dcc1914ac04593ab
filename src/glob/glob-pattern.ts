/** Longer ones are no patterns that anybody writes. */
const MAX_LENGTH = 1000;

/** A text, cut into code points, and for each place in it (its end included) whether the match can have come so far. */
interface State {
  readonly text: readonly string[];
  readonly places: Uint8Array;
}

/** What `*`, `?` and brackets do not match: `/` in paths; '' for nothing, in names. */
export type Separator = '/' | '';

/** Where a match can go on behind this part of a pattern. */
type Part = (state: State) => Uint8Array;

/**
 * A test for whole paths against a glob: `*` and `?` stay within a name, `**` between slashes stands for any directories,
 * `[a-z]`, `[!a-z]`, `{a,b}` (nested, too), and a backslash before a character that is meant as such. In names, which have no
 * directories, a slash is a character like any other.
 *
 * All ways in which a path can match are followed side by side, so that the time is at most the product of both lengths.
 * With backtracking, which is how regular expressions work, a file's name could make it exponential.
 *
 * @throws Error with a sentence for what is no pattern.
 */
export function globPattern(pattern: string, separator: Separator = '/'): (path: string) => boolean {
  if (pattern === '') throw new Error('It is empty.');
  if (pattern.length > MAX_LENGTH) throw new Error(`It has more than ${MAX_LENGTH} characters.`);
  const parts = new PatternReader(pattern, separator).read();
  return (path) => {
    const text = [...path];
    const start = new Uint8Array(text.length + 1);
    start[0] = 1;
    return follow(parts, { text, places: start })[text.length] === 1;
  };
}

function follow(parts: readonly Part[], { text, places }: State): Uint8Array {
  let reached = places;
  for (const part of parts) {
    if (!reached.includes(1)) break;
    reached = part({ text, places: reached });
  }
  return reached;
}

/** Recursive descent. */
class PatternReader {
  private readonly chars: readonly string[];
  private at = 0;

  constructor(
    pattern: string,
    private readonly separator: Separator,
  ) {
    this.chars = [...pattern];
  }

  read(): Part[] {
    return this.readParts('', true);
  }

  /** Up to the end of the pattern or, within braces, to one of `ends`, which stays where it is. */
  private readParts(ends: string, atName: boolean): Part[] {
    const parts: Part[] = [];
    let beginsName = atName;
    for (;;) {
      const char = this.chars[this.at];
      if (char === undefined || ends.includes(char)) return parts;
      parts.push(this.readPart(char, beginsName, ends));
      beginsName = this.chars[this.at - 1] === '/';
    }
  }

  private readPart(char: string, beginsName: boolean, ends: string): Part {
    this.at++;
    const next = this.chars[this.at];
    if ('?*+@!'.includes(char) && next === '(')
      throw new Error(`${char}( is not understood; write ${char}\\( for the characters.`);
    switch (char) {
      case '*':
        return this.readStars(beginsName, ends);
      case '?':
        return oneOf((other) => other !== this.separator);
      case '[':
        return this.readClass();
      case '{':
        return this.readChoice(beginsName);
      case '\\':
        if (next === undefined) throw new Error('It ends with a backslash.');
        this.at++;
        return oneOf((other) => other === next);
      default:
        return oneOf((other) => other === char);
    }
  }

  private readStars(beginsName: boolean, ends: string): Part {
    const first = this.at;
    while (this.chars[this.at] === '*') this.at++;
    const next = this.chars[this.at];
    const withinName = starOf(this.separator);
    if (this.separator === '' || this.at === first || !beginsName) return withinName;
    if (next === undefined || ends.includes(next)) return anything;
    if (next !== '/') return withinName;
    this.at++;
    return anyDirectories;
  }

  private readClass(): Part {
    const negated = this.chars[this.at] === '!' || this.chars[this.at] === '^';
    if (negated) this.at++;
    const ranges: [from: string, to: string][] = [];
    while (this.chars[this.at] !== ']' || ranges.length === 0) {
      const from = this.readClassChar();
      const isRange = this.chars[this.at] === '-' && this.chars[this.at + 1] !== ']';
      if (isRange) this.at++;
      ranges.push([from, isRange ? this.readClassChar() : from]);
    }
    this.at++;
    return oneOf(
      (char) => char !== this.separator && ranges.some(([from, to]) => from <= char && char <= to) !== negated,
    );
  }

  private readClassChar(): string {
    if (this.chars[this.at] === '\\') this.at++;
    const char = this.chars[this.at++];
    if (char === undefined) throw new Error('A bracket is not closed.');
    return char;
  }

  private readChoice(beginsName: boolean): Part {
    const choices = [this.readParts(',}', beginsName)];
    while (this.chars[this.at] === ',') {
      this.at++;
      choices.push(this.readParts(',}', beginsName));
    }
    if (this.chars[this.at] === undefined) throw new Error('A brace is not closed.');
    this.at++;
    if (choices.length === 1) throw new Error('Braces hold several texts with commas between them.');
    return (state) => {
      const reached = new Uint8Array(state.places.length);
      for (const choice of choices) for (const [i, place] of follow(choice, state).entries()) reached[i]! |= place;
      return reached;
    };
  }
}

function oneOf(matches: (char: string) => boolean): Part {
  return ({ text, places }) => {
    const reached = new Uint8Array(places.length);
    for (const [i, char] of text.entries()) if (places[i] === 1 && matches(char)) reached[i + 1] = 1;
    return reached;
  };
}

/** `*` */
function starOf(separator: Separator): Part {
  return ({ text, places }) => {
    const reached = places.slice();
    for (const [i, char] of text.entries()) if (reached[i] === 1 && char !== separator) reached[i + 1] = 1;
    return reached;
  };
}

/** `**` at the end: what is in a directory, at any depth. */
const anything: Part = ({ places }) => {
  const first = places.indexOf(1);
  return places.map((_, i) => (i > first ? 1 : 0));
};

/** A `**` with its slash. */
const anyDirectories: Part = ({ text, places }) => {
  const first = places.indexOf(1);
  return places.map((place, i) => (place === 1 || (i > first && text[i - 1] === '/') ? 1 : 0));
};
