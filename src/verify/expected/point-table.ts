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
  private readonly find: (step: bigint, place: number) => number;

  /** @param columns in arrival order */
  constructor(readonly columns: PointColumns) {
    const numbers = exactSteps(columns.steps);
    const dense = numbers === undefined ? undefined : denseLookup(numbers);
    const { size, find } = dense ?? sortedLookup(columns.steps, numbers);
    this.size = size;
    this.find = find;
  }

  /** How many points gave way to a later one at their step. */
  get collapsed(): number {
    return this.columns.steps.length - this.size;
  }

  /**
   * The index of the point at a step, or -1.
   *
   * @param number the same step, NaN where it is no exact number
   */
  indexOf(step: bigint, number: number): number {
    return this.find(step, number);
  }
}

/** Of several points at one step only the last, in arrival order. */
export function withoutCollapsed(columns: PointColumns): PointColumns {
  const table = new PointTable(columns);
  if (table.collapsed === 0) return columns;
  const numbers = exactSteps(columns.steps);
  const kept = new Uint32Array(table.size);
  let size = 0;
  for (let i = 0; i < columns.steps.length; i++) {
    if (table.indexOf(columns.steps[i]!, numbers?.[i] ?? Number.NaN) === i) kept[size++] = i;
  }
  return pick(columns, kept);
}

interface Lookup {
  readonly size: number;
  readonly find: (step: bigint, number: number) => number;
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
  return { size, find: (_, number) => slots[number - least] ?? -1 };
}

/** Without `numbers` the places of the steps are compared. */
function sortedLookup(steps: BigInt64Array, numbers: Float64Array | undefined): Lookup {
  const places = numbers ?? placesOf(steps);
  const order = sortedOrder(places);
  let size = 0;
  for (let i = 0; i < order.length; i++) {
    // the last of equal places stands for them
    if (i + 1 < order.length && places[order[i]!] === places[order[i + 1]!]) continue;
    order[size++] = order[i]!;
  }
  const find = (step: bigint, number: number) => {
    if (numbers !== undefined && Number.isNaN(number)) return -1;
    const wanted = numbers === undefined ? placeOf(step) : number;
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
