import { printable } from '../text-width.js';

/** `text` on one line, without control characters or what turns the direction of writing, and at most so long. */
export function shortText(text: string, longest: number): string {
  const line = printable(text.slice(0, longest + 1));
  if (line.length <= longest) return line;
  return `${line.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

const ESCAPED = /[<>&\u2028\u2029]/g;

/** JSON that may stand in a script element of a page: nothing in it ends the element or begins a comment. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(ESCAPED, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
