import { hashSteps } from './step-hash.js';

/** The points of a metric as Aim stores them: sorted by the id of their step, one point for each id. */
export interface StepOrder {
  /** For each position in the sorted sequence, the index of its point. */
  readonly order: Uint32Array;
  /** The ids in that order, 8 bytes each, big-endian: the middle of a point's keys. Two words for each. */
  readonly ids: Uint32Array;
}

/** Points sorted by id and, within an id, by arrival. */
interface Sorted {
  readonly order: Uint32Array;
  readonly ids: BigUint64Array;
  /** Whether any id occurs more than once. */
  readonly repeated: boolean;
}

/** With more points than this, the packed key below no longer works. */
const MAX_POINTS = 2 ** 20;

const CACHE_ENTRIES = 16;
/** The points that all cached orders may have together, at 20 bytes each. */
const CACHE_POINTS = 2 ** 20;

/**
 * Computes the order of points for arrays of steps, and remembers the latest ones: the metrics of a run, and the runs of an
 * experiment, mostly share their steps.
 */
export class StepOrders {
  private readonly cache: { steps: Buffer; result: StepOrder }[] = [];
  private cachedPoints = 0;

  /** The order in which the last arrival at a step wins. At most {@link MAX_POINTS} steps. */
  lastWins(steps: BigInt64Array): StepOrder {
    const bytes = Buffer.from(steps.buffer, steps.byteOffset, steps.byteLength);
    const hit = this.cache.findIndex((entry) => entry.steps.equals(bytes));
    if (hit >= 0) {
      const entry = this.cache[hit]!;
      if (hit > 0) {
        this.cache.splice(hit, 1);
        this.cache.unshift(entry);
      }
      return entry.result;
    }
    const sorted = sortByStepId(steps);
    const result = sorted.repeated ? lastOfEach(sorted) : { order: sorted.order, ids: bigEndian(sorted.ids) };
    this.remember(Buffer.from(bytes), result);
    return result;
  }

  private remember(steps: Buffer, result: StepOrder): void {
    this.cache.unshift({ steps, result });
    this.cachedPoints += steps.length / 8;
    while (this.cache.length > 1 && (this.cache.length > CACHE_ENTRIES || this.cachedPoints > CACHE_POINTS)) {
      this.cachedPoints -= this.cache.pop()!.steps.length / 8;
    }
  }
}

/**
 * Separates repetitions of a step: the first result holds the first arrival at each step, the second the second, and so on,
 * each in the order of ids.
 */
export function splitRepetitions(steps: BigInt64Array): StepOrder[] {
  const { order, ids } = sortByStepId(steps);
  const layers: { order: number[]; ids: bigint[] }[] = [];
  let repetition = 0;
  for (let i = 0; i < order.length; i++) {
    repetition = i > 0 && ids[i] === ids[i - 1] ? repetition + 1 : 0;
    layers[repetition] ??= { order: [], ids: [] };
    layers[repetition]!.order.push(order[i]!);
    layers[repetition]!.ids.push(ids[i]!);
  }
  return layers.map((layer) => ({
    order: Uint32Array.from(layer.order),
    ids: bigEndian(BigUint64Array.from(layer.ids)),
  }));
}

function lastOfEach(sorted: Sorted): StepOrder {
  const order = new Uint32Array(sorted.order.length);
  const ids = new BigUint64Array(sorted.ids.length);
  let kept = 0;
  for (let i = 0; i < order.length; i++) {
    if (i + 1 < order.length && sorted.ids[i] === sorted.ids[i + 1]) continue;
    order[kept] = sorted.order[i]!;
    ids[kept++] = sorted.ids[i]!;
  }
  return { order: order.slice(0, kept), ids: bigEndian(ids.subarray(0, kept)) };
}

/**
 * Sorts by id without a comparator, which would be called millions of times: the upper 32 bits of the id and the point's
 * index fit into the 53 bits of a double, and a Float64Array sorts natively. Ids with the same upper half, above all equal
 * ones, end up together in arrival order; insertion puts them right.
 */
function sortByStepId(steps: BigInt64Array): Sorted {
  const count = steps.length;
  if (count > MAX_POINTS) throw new RangeError(`${count} points are too many to sort at once.`);
  const ids = new BigUint64Array(count);
  hashSteps(steps, ids);
  const halves = new Uint32Array(ids.buffer);
  const packed = new Float64Array(count);
  for (let i = 0; i < count; i++) packed[i] = halves[i * 2 + 1]! * MAX_POINTS + i;
  packed.sort();
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = packed[i]! % MAX_POINTS;
  for (let i = 1; i < count; i++) {
    const at = order[i]!;
    const high = halves[at * 2 + 1]!;
    const low = halves[at * 2]!;
    let j = i;
    for (; j > 0 && halves[order[j - 1]! * 2 + 1] === high && halves[order[j - 1]! * 2]! > low; j--)
      order[j] = order[j - 1]!;
    order[j] = at;
  }
  return { order, ...inOrder(halves, order) };
}

function inOrder(halves: Uint32Array, order: Uint32Array): { ids: BigUint64Array; repeated: boolean } {
  const ids = new BigUint64Array(order.length);
  const sorted = new Uint32Array(ids.buffer);
  let repeated = false;
  for (let i = 0; i < order.length; i++) {
    const at = order[i]! * 2;
    sorted[i * 2] = halves[at]!;
    sorted[i * 2 + 1] = halves[at + 1]!;
    repeated ||= i > 0 && sorted[i * 2] === sorted[i * 2 - 2] && sorted[i * 2 + 1] === sorted[i * 2 - 1];
  }
  return { ids, repeated };
}

function bigEndian(ids: BigUint64Array): Uint32Array {
  const copy = ids.slice();
  Buffer.from(copy.buffer).swap64();
  return new Uint32Array(copy.buffer);
}
