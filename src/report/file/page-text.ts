import { formatCount } from '../format.js';
import { printable } from '../text-width.js';

const LONGEST_NAME = 200;
const LONGEST_SENTENCE = 500;
/** Sentences of one kind for one run. */
const MOST_SENTENCES = 12;

/** A name from elsewhere, as long as a page has room for. */
export function nameText(text: string): string {
  return shortText(text, LONGEST_NAME);
}

/** A sentence that may hold text from elsewhere, as long as a page has room for. */
export function sentence(text: string): string {
  return shortText(text, LONGEST_SENTENCE);
}

/** The first of some sentences, and how many more there are. */
export function sentences(texts: readonly string[], total = texts.length): string[] {
  const kept = texts.slice(0, MOST_SENTENCES).map(sentence);
  const more = total - kept.length;
  return more > 0 ? [...kept, `and ${formatCount(more)} more`] : kept;
}

/** A time of day for people: `2026-01-02 03:04 UTC`. */
export function moment(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

/** `text` on one line, without control characters or what turns the direction of writing, and at most so long. */
function shortText(text: string, longest: number): string {
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

const SPELLINGS: Readonly<Record<string, string>> = { aim: 'Aim', io: 'I/O', mlflow: 'MLflow', tls: 'TLS' };

/** A code as a title: `permission-denied` as `Permission denied`. */
export function titleOf(code: string): string {
  const words = code.split('-').map((word) => SPELLINGS[word] ?? word);
  const title = words.join(' ');
  return title.charAt(0).toUpperCase() + title.slice(1);
}
