/** The rows of a text of separated values, without those of empty lines; undefined where its quotes are wrong. */
export function csvRows(text: string, delimiter: string): readonly (readonly string[])[] | undefined {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (row.length === 0 && isLineEnd(text[at])) {
      at++;
      continue;
    }
    const cell = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at, delimiter);
    if (cell === undefined) return undefined;
    row.push(cell.text);
    at = cell.end;
    if (at < text.length && text[at] === delimiter) {
      at++;
      if (at < text.length && !isLineEnd(text[at])) continue;
      row.push('');
    } else if (at < text.length && !isLineEnd(text[at])) return undefined;
    rows.push(row);
    row = [];
    at += text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1;
  }
  return rows;
}

interface Cell {
  readonly text: string;
  /** Where it ends. */
  readonly end: number;
}

function quotedCell(text: string, start: number): Cell | undefined {
  const parts: string[] = [];
  for (let from = start + 1; ; ) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return undefined;
    parts.push(text.slice(from, quote));
    if (text[quote + 1] !== '"') return { text: parts.join('"'), end: quote + 1 };
    from = quote + 2;
  }
}

function plainCell(text: string, start: number, delimiter: string): Cell | undefined {
  let end = start;
  for (; end < text.length && text[end] !== delimiter && !isLineEnd(text[end]); end++)
    if (text[end] === '"') return undefined;
  return { text: text.slice(start, end), end };
}

function isLineEnd(character: string | undefined): boolean {
  return character === '\n' || character === '\r';
}
