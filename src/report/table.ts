import { padLeft, padRight } from './text-width.js';

/** A row of a table: what, how many, and what there is to say about it. */
export type TableRow = readonly [label: string, amount: string, details: readonly string[]];

const GAP = '   ';

/** Three aligned columns: labels to the left, amounts to the right, details after them with `·` between. */
export function tableLines(rows: readonly TableRow[]): string[] {
  const labels = Math.max(...rows.map(([label]) => label.length));
  const amounts = Math.max(...rows.map(([, amount]) => amount.length));
  return rows.map(([label, amount, details]) =>
    `${padRight(label, labels)}${GAP}${padLeft(amount, amounts)}${GAP}${details.join(' · ')}`.trimEnd(),
  );
}
