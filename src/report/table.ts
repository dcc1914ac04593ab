import { padLeft, padRight, textWidth, wrapped } from './text-width.js';

/** A row of a table: what, how many, and what there is to say about it. */
export type TableRow = readonly [label: string, amount: string, details: readonly string[]];

const GAP = '   ';

/**
 * Three aligned columns: labels to the left, amounts to the right, details after them with `·` between. Details that do not fit into
 * `columns` go on below.
 */
export function tableLines(rows: readonly TableRow[], columns = Number.POSITIVE_INFINITY): string[] {
  const labels = Math.max(...rows.map(([label]) => label.length));
  const amounts = Math.max(...rows.map(([, amount]) => amount.length));
  const margin = labels + amounts + 2 * GAP.length;
  return rows.flatMap(([label, amount, details]) => {
    const [first = '', ...more] = joinedDetails(details, columns - margin);
    const begin = `${padRight(label, labels)}${GAP}${padLeft(amount, amounts)}${GAP}${first}`.trimEnd();
    return [begin, ...more.map((line) => ' '.repeat(margin) + line)];
  });
}

/** Details with `·` between, on as many lines as they need. */
function joinedDetails(details: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const detail of details) {
    const longer = lines.length === 0 ? detail : `${lines.at(-1)} · ${detail}`;
    if (lines.length > 0 && textWidth(longer) <= columns) lines.pop();
    lines.push(...(textWidth(longer) <= columns ? [longer] : wrapped(detail, columns)));
  }
  return lines;
}
