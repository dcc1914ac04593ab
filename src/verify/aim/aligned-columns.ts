import { type Column, compareKeys } from './column.js';

/** What hears of an element that not all columns have. */
export interface AlignmentObserver {
  /** `has` tells of each column whether it has the element, `at` where those have it that do. */
  onIncomplete(has: readonly boolean[], at: readonly number[]): void;
}

/**
 * Brings columns that were filled to some point into line: afterwards the first elements of each, as many as are returned,
 * are of the same keys. Elements that others lack are left out. What could not be decided yet lies behind, from `rest` on.
 */
export function align(
  columns: readonly Column[],
  observer: AlignmentObserver,
): { length: number; rest: readonly number[] } {
  const [first] = columns as [Column, ...Column[]];
  if (columns.every((column) => column.length === first.length && haveSameKeys(column, first))) {
    return { length: first.length, rest: columns.map(() => first.length) };
  }
  const at = columns.map(() => 0);
  let length = 0;
  for (;;) {
    // a column that is used up but goes on may still have whatever comes next in the others
    if (columns.some((column, i) => at[i] === column.length && !column.ended)) break;
    const lowest = findLowest(columns, at);
    if (lowest < 0) break;
    const has = columns.map((column, i) => hasKey(column, at[i]!, columns[lowest]!, at[lowest]!));
    if (has.every(Boolean)) {
      for (const [i, column] of columns.entries()) column.move(at[i]!, length);
      length++;
    } else observer.onIncomplete(has, at);
    for (const i of at.keys()) if (has[i]) at[i]!++;
  }
  return { length, rest: at };
}

function haveSameKeys(a: Column, b: Column): boolean {
  if (a === b) return true;
  const words = a.length * 2;
  const [x, y] = [a.keys, b.keys];
  for (let i = 0; i < words; i++) if (x[i] !== y[i]) return false;
  return true;
}

function hasKey(column: Column, at: number, other: Column, otherAt: number): boolean {
  return at < column.length && compareKeys(column, at, other, otherAt) === 0;
}

/** The column whose next key is the lowest; −1 when none has any. */
function findLowest(columns: readonly Column[], at: readonly number[]): number {
  let lowest = -1;
  for (const [i, column] of columns.entries()) {
    if (at[i]! >= column.length) continue;
    if (lowest < 0 || compareKeys(column, at[i]!, columns[lowest]!, at[lowest]!) < 0) lowest = i;
  }
  return lowest;
}
