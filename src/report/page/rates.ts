/** Columns of a chart: with more, one sees noise. */
const MOST_COLUMNS = 96;

/**
 * Rates from amounts in equal intervals, the last of which is as long as is left of `seconds`.
 * @returns the times at which the columns begin, seconds, with one more for the end; and so many amounts per second
 */
export function rates(amounts: readonly number[], interval: number, seconds: number): [number[], number[]] {
  const width = Math.max(1, Math.ceil(amounts.length / MOST_COLUMNS));
  const columns: { readonly start: number; amount: number; seconds: number }[] = [];
  for (let first = 0; first < amounts.length; first += width) {
    const some = amounts.slice(first, first + width);
    const start = first * interval;
    const end = Math.min(seconds, (first + some.length) * interval);
    const amount = some.reduce((sum, one) => sum + one, 0);
    const last = columns.at(-1);
    // of a short rest the rate would be chance
    if (last !== undefined && end - start < (width * interval) / 2) {
      last.amount += amount;
      last.seconds += Math.max(0, end - start);
    } else columns.push({ start, amount, seconds: Math.max(end - start, Number.MIN_VALUE) });
  }
  const values = columns.map((column) => column.amount / column.seconds);
  const last = columns.at(-1);
  const times = columns.map(({ start }) => start);
  return last === undefined
    ? [[], []]
    : [
        [...times, last.start + last.seconds],
        [...values, values.at(-1)!],
      ];
}
