/** The first line of a note, of its first hundred, that has a letter or digit beside its Markdown; an empty text for none. */
export function plainLine(note: string): string {
  const lines = note.split('\n', 100);
  for (const line of lines) {
    const text = withoutEmphasis(withoutLinks(withoutMarks(line.slice(0, 1000)))).trim();
    if (!/\p{L}|\p{N}/u.test(text)) continue;
    const characters = Array.from(text);
    return characters.length > 200 ? `${characters.slice(0, 199).join('').trimEnd()}…` : text;
  }
  return '';
}

/** Without what begins headings, quotes and list items. */
function withoutMarks(line: string): string {
  let rest = line.replace(/^[ \t]+/, '');
  for (;;) {
    const mark = rest.startsWith('>') ? '>' : /^(#{1,6}|[-*+]|\d{1,9}[.)])[ \t]/.exec(rest)?.[1];
    if (mark === undefined) return rest;
    rest = rest.slice(mark.length).replace(/^[ \t]+/, '');
  }
}

/** Of images and links the text. */
function withoutLinks(line: string): string {
  return line
    .split(/(!?\[[^[\]]*\]\([^()]*\))/)
    .map((piece, i) => (i % 2 === 0 ? piece : piece.slice(piece.indexOf('[') + 1, piece.indexOf(']'))))
    .join('');
}

function withoutEmphasis(line: string): string {
  return line.split(/\*|`|__|~~/).join('');
}
