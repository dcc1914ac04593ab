import { characterWidth } from '../character-width.js';

/** How text that came from elsewhere (names of runs, paths) is put on a terminal. */

/** Control characters, and those that turn the direction of the text after them. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]+/gu;

/** The columns that `text` takes on a terminal. It must hold no control characters. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** Cuts `text` to at most `columns` columns; what was cut ends in `…`. */
export function truncate(text: string, columns: number): string {
  if (columns <= 0) return '';
  if (textWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/**
 * `text` broken at spaces into lines of at most `columns` columns, the second and later ones behind `indent` spaces. A word that is
 * longer than a line stays whole: a path or URL that is copied from a terminal must be. So does what is counted: `12 .png`.
 */
export function wrapped(text: string, columns: number, indent = 0): string[] {
  const margin = ' '.repeat(Math.max(0, Math.min(indent, Math.floor(columns / 2))));
  const lines: string[] = [];
  let line = /^ */.exec(text)?.[0] ?? '';
  let isEmpty = true;
  for (const word of text.trimStart().split(/ (?!\.)/)) {
    if (!isEmpty && textWidth(line) + 1 + textWidth(word) > columns) {
      lines.push(line);
      line = margin;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}

/** Pads `text` with spaces on its right to `columns` columns. */
export function padRight(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)));
}

/** Pads `text` with spaces on its left to `columns` columns. */
export function padLeft(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - textWidth(text))) + text;
}

/** `text` on one line, without anything that could steer a terminal: a run may be called anything. */
export function printable(text: string): string {
  return text.replace(UNSAFE, ' ');
}

/** Breaks `text` at spaces into lines of at most `columns` columns; those after the first begin with `indent`. A longer word stays whole. */
export function wrap(text: string, columns: number, indent = ''): string[] {
  const lines: string[] = [];
  const [start = ''] = /^ */.exec(text) ?? [];
  let line = start;
  for (const word of text.trim().split(' ')) {
    const isFirst = line.trim() === '';
    const longer = isFirst ? line + word : `${line} ${word}`;
    if (isFirst || textWidth(longer) <= columns) line = longer;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line];
}
