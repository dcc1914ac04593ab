import { shortened } from './shortened.js';

/** So much of a note is looked at, and of a line. */
const MOST_LINES = 100;
const LONGEST_LINE = 1000;
/** A description is a column of a table. */
const LONGEST = 200;

/** What Markdown puts before a line: headings, quotes, lists. */
const MARKS = /^(?:[ \t]*(?:#{1,6}(?=[ \t])|>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])))*[ \t]*/;
/** Images and links, of which the text stays. */
const LINK = /!?\[([^[\]]*)\]\([^()]*\)/g;
const EMPHASIS = /\*+|__|~~|`+/g;

/**
 * The first line of a note that says something, without its Markdown, for where Aim shows a text as it is; undefined where none of the
 * first hundred does. A line says something if it has a letter or a digit outside of its marks.
 */
export function firstLine(note: string): string | undefined {
  let at = 0;
  for (let n = 0; n < MOST_LINES && at < note.length; n += 1) {
    const end = note.indexOf('\n', at);
    const line = note.slice(at, Math.min(end < 0 ? note.length : end, at + LONGEST_LINE));
    const text = line.replace(MARKS, '').replace(LINK, '$1').replace(EMPHASIS, '').trim();
    if (/[\p{L}\p{N}]/u.test(text)) return shortened(text, LONGEST);
    if (end < 0) break;
    at = end + 1;
  }
  return undefined;
}
