/** One value of a list and the comma after it. Commas belong to a value in quotes, in which a quote is written twice. */
const ITEM = /\s*(?:"([^"]*(?:""[^"]*)*)"\s*|([^,"\s][^,]*)?)(?:,|$)/y;

/**
 * The values of a list in one text: `a, b,"c, d"` are `a`, `b` and `c, d`. This is a line of CSV, but for the spaces around values,
 * which do not count. Undefined if a quote is not closed, or something else follows it than a comma.
 */
export function parseList(text: string): string[] | undefined {
  const items: string[] = [];
  for (let end = 0; end < text.length; end = ITEM.lastIndex) {
    ITEM.lastIndex = end;
    const match = ITEM.exec(text);
    if (match === null) return undefined;
    const [, quoted, plain = ''] = match;
    if (quoted !== undefined) items.push(quoted.replaceAll('""', '"'));
    else if (plain.trim() !== '') items.push(plain.trim());
  }
  return items;
}

/** The text that {@link parseList} takes apart into these values. */
export function formatList(items: readonly string[]): string {
  return items.map((item) => (isPlain(item) ? item : `"${item.replaceAll('"', '""')}"`)).join(', ');
}

function isPlain(item: string): boolean {
  return item !== '' && item === item.trim() && !item.startsWith('"') && !item.includes(',');
}
