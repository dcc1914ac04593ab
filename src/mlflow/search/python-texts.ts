const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

const LITERAL = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y;
const ESCAPE = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([0-7]{1,3})|([\s\S]))/gi;

/**
 * The texts of a list in parentheses, as Python's `literal_eval`, with which MLflow reads it, has them: `('a', "b", 'c' 'd',)`. Undefined
 * for anything else, and for an empty list.
 */
export function pythonTexts(list: string): string[] | undefined {
  const texts: string[] = [];
  let at = 1;
  const skipSpace = () => {
    while (/\s/.test(list[at] ?? '')) at++;
  };
  for (;;) {
    let text: string | undefined;
    for (skipSpace(); list[at] === "'" || list[at] === '"'; skipSpace()) {
      LITERAL.lastIndex = at;
      const literal = LITERAL.exec(list)?.[0];
      if (literal === undefined) return undefined;
      text = (text ?? '') + unescaped(literal.slice(1, -1));
      at += literal.length;
    }
    if (text !== undefined) texts.push(text);
    if (text !== undefined && list[at] === ',') at++;
    else break;
  }
  return at === list.length - 1 && texts.length > 0 ? texts : undefined;
}

function unescaped(text: string): string {
  return text.replace(ESCAPE, (sequence, x?: string, u?: string, long?: string, octal?: string, other = '') => {
    const hex = x ?? u ?? long;
    const code =
      hex !== undefined ? Number.parseInt(hex, 16) : octal !== undefined ? Number.parseInt(octal, 8) : undefined;
    if (code !== undefined) return code <= 0x10ffff ? String.fromCodePoint(code) : sequence;
    return Object.hasOwn(ESCAPES, other) ? ESCAPES[other]! : sequence;
  });
}
