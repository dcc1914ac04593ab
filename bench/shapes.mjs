// @ts-check

/** @typedef {import('./make-store.mjs').StoreShape} StoreShape */

/**
 * @typedef {'runs' | 'points' | 'images'} Unit
 *
 * @typedef {object} Comparison
 * @property {StoreShape} store
 * @property {readonly [Unit, ...Unit[]]} units in which the rates are told; the ratio is that of the first
 * @property {number} goal how many times the peer's rate ours should be
 * @property {number} least how many times it has to be
 */

/** @type {readonly Unit[]} */
const UNITS = ['runs', 'points', 'images'];

/** How many times smaller a store of `--quick` is, and without `--full` the peer's. */
export const FRACTION = 10;

/** @type {Readonly<Record<string, Comparison>>} */
export const COMPARISONS = {
  'many-runs': { store: { runs: 1000, metrics: 10, points: 100 }, units: ['runs', 'points'], goal: 100, least: 40 },
  'long-run': { store: { runs: 1, metrics: 10, points: 100_000 }, units: ['points'], goal: 100, least: 40 },
  artifacts: {
    store: { runs: 200, metrics: 0, points: 0, images: 20, texts: 10 },
    units: ['runs', 'images'],
    goal: 20,
    least: 8,
  },
};

export const MEMORY = {
  limit: 400_000_000,
  /** @type {readonly StoreShape[]} */
  stores: [
    { runs: 1, metrics: 10, points: 1_000_000 },
    { runs: 1, metrics: 1, points: 10_000_000 },
    { runs: 20_000, metrics: 3, points: 5 },
  ],
};

export const GROWTH = {
  limit: 11,
  /** @type {StoreShape} */
  small: { runs: 1000, metrics: 5, points: 20 },
  /** @type {StoreShape} */
  large: { runs: 10_000, metrics: 5, points: 20 },
};

/** @type {readonly StoreShape[]} */
export const SOURCE_SHAPES = [
  { runs: 200, metrics: 10, points: 100 },
  { runs: 1, metrics: 10, points: 100_000 },
];

/** All that `--shape` understands. */
export const SHAPE_NAMES = [...Object.keys(COMPARISONS), 'memory', 'growth', 'sources'];

/**
 * The same kind of store, ten times smaller: fewer runs where there are many, shorter ones otherwise.
 *
 * @param {StoreShape} shape
 * @returns {StoreShape}
 */
export function fractionOf(shape) {
  return shape.runs >= FRACTION
    ? { ...shape, runs: shape.runs / FRACTION }
    : { ...shape, points: shape.points / FRACTION };
}

/**
 * @param {StoreShape} shape
 * @param {Unit} unit
 */
export function countOf({ runs, metrics, points, images = 0 }, unit) {
  return { runs, points: runs * metrics * points, images: runs * images }[unit];
}

/** @param {StoreShape} shape */
export function describe(shape) {
  const { runs, metrics, points, images = 0, texts = 0 } = shape;
  const parts = [plural(runs, 'run')];
  if (metrics > 0) parts.push(plural(metrics, 'metric'), plural(points, 'point'));
  if (images > 0) parts.push(`(${plural(images, 'image')} of 100 KB + ${plural(texts, 'text')})`);
  return parts.join(' × ');
}

/**
 * Units for a second, as a table shows them.
 *
 * @param {StoreShape} shape
 * @param {readonly Unit[]} units
 * @param {number} seconds
 */
export function rates(shape, units, seconds) {
  return UNITS.filter((unit) => units.includes(unit))
    .map((unit) => `${significant(countOf(shape, unit) / seconds)} ${unit}/s`)
    .join(', ');
}

/** @param {number} value */
export function significant(value) {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

/**
 * @param {number} count
 * @param {string} noun
 */
function plural(count, noun) {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
