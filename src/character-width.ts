const INVISIBLE = /^[\p{M}\p{Cf}]$/u;
/** What East Asian Width and emoji presentation make two columns wide; a few more than needed, never fewer. */
const WIDE =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Emoji_Presentation}\u3000-\u303E\uFF01-\uFF60\uFFE0-\uFFE6]$/u;

/** The columns that a character takes where all letters are of one width: 0, 1 or 2. */
export function characterWidth(character: string): number {
  if (character < '\u0300') return 1;
  if (INVISIBLE.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
