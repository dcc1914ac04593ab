import { type PointColumns, pick } from './point-columns.js';
import { exactSteps, placeOf, placesOf } from './step-places.js';

/** Room for steps that are not there, as a multiple of the points: beyond that the steps are sorted. */
const MOST_GAPS = 4;

/**
 * The points that one sequence of Aim's has to have, found by their steps. Of several at one step the last to arrive stands for
 * all. Where the steps lie close together they are looked up in an array, otherwise searched for in sorted order.
 */
export class PointTable {
  /** How many points Aim has to have. */
  readonly size: number;
  /** Whether every step is an exact number, so that {@link indexOfNumber} finds it. */
  readonly isExact: boolean;
  private readonly find: (place: number | bigint) => number;

  /** @param columns in arrival order */
  constructor(readonly columns: PointColumns) {
    const numbers = exactSteps(columns.steps);
    const lookup = (numbers && denseLookup(numbers)) ?? sortedLookup(numbers ?? placesOf(columns.steps));
    this.isExact = numbers !== undefined;
    this.size = lookup.size;
    this.find = lookup.find;
  }

  /** How many points gave way to a later one at their step. */
  get collapsed(): number {
    return this.columns.steps.length - this.size;
  }

  /** The index of the point at a step, or -1. */
  indexOf(step: bigint): number {
    const place = placeOf(step);
    if (!this.isExact) return this.find(place);
    const number = Number(place);
    return Number.isSafeInteger(number) ? this.find(number) : -1;
  }

  /** The same for a step that is an exact number, of an {@link isExact} table; faster. */
  indexOfNumber(step: number): number {
    return this.find(step);
  }

  /** Whether the point at this index is the one that stands for its step. */
  stands(index: number): boolean {
    return this.indexOf(this.columns.steps[index]!) === index;
  }
}

/** Of several points at one step only the last, in arrival order. */
export function withoutCollapsed(columns: PointColumns): PointColumns {
  const table = new PointTable(columns);
  if (table.collapsed === 0) return columns;
  const kept = new Uint32Array(table.size);
  let size = 0;
  for (let i = 0; i < columns.steps.length; i++) {
    if (table.stands(i)) kept[size++] = i;
  }
  return pick(columns, kept);
}

interface Lookup {
  readonly size: number;
  /** Takes what the table was made of: numbers, or places. */
  readonly find: (place: number | bigint) => number;
}

function denseLookup(numbers: Float64Array): Lookup | undefined {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const number of numbers) {
    if (number < least) least = number;
    if (number > greatest) greatest = number;
  }
  const range = numbers.length === 0 ? 0 : greatest - least + 1;
  if (range > MOST_GAPS * numbers.length + 1024) return undefined;
  const slots = new Int32Array(range).fill(-1);
  let size = 0;
  for (let i = 0; i < numbers.length; i++) {
    const slot = numbers[i]! - least;
    if (slots[slot] === -1) size++;
    slots[slot] = i;
  }
  return { size, find: (number) => slots[Number(number) - least] ?? -1 };
}

function sortedLookup(places: Float64Array | BigInt64Array): Lookup {
  const order = sortedOrder(places);
  let size = 0;
  for (let i = 0; i < order.length; i++) {
    // the last of equal places stands for them
    if (i + 1 < order.length && places[order[i]!] === places[order[i + 1]!]) continue;
    order[size++] = order[i]!;
  }
  const find = (wanted: number | bigint) => {
    let [low, high] = [0, size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (places[order[middle]!]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low < size && places[order[low]!] === wanted ? order[low]! : -1;
  };
  return { size, find };
}

/** The indices in order of the places, of equal places in arrival order. */
export function sortedOrder(places: Float64Array | BigInt64Array): Uint32Array {
  const order = new Uint32Array(places.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  return order.sort((a, b) => (places[a]! < places[b]! ? -1 : places[a]! > places[b]! ? 1 : a - b));
}
