// @ts-check
import { countOf, describe, GROWTH, MEMORY, rates, significant } from './shapes.mjs';

/**
 * @typedef {import('./measure.mjs').Compared} Compared
 *
 * @typedef {object} Section of the results
 * @property {string} text Markdown
 * @property {number} failures limits that were not kept
 */

/** Of stores that are too small for the limits. */
const NO_VERDICT = '–';

/**
 * @param {readonly Compared[]} results
 * @param {boolean} quick
 * @returns {Section}
 */
export function comparisonTable(results, quick) {
  const header = ['store', 'mlflow2aim', 'aim convert mlflow', 'ratio', 'goal', 'fails below', 'verdict'];
  let failures = 0;
  const rows = results.map(({ comparison, shape, peerShape, ours, peer }) => {
    const { units, goal, least } = comparison;
    const rate = countOf(shape, units[0]) / median(ours);
    const ratio = rate / (countOf(peerShape, units[0]) / median(peer));
    if (ratio < least && !quick) failures++;
    const verdict = ratio >= goal ? 'reached' : ratio >= least ? 'below the goal' : '**fails**';
    const part = peerShape === shape ? '' : ` on ${describe(peerShape)}`;
    return [
      describe(shape),
      `${time(ours)}: ${rates(shape, units, median(ours))}`,
      `${time(peer)}${part}: ${rates(peerShape, units, median(peer))}`,
      `**${significant(ratio)}×**`,
      `${goal}×`,
      `${least}×`,
      quick ? NO_VERDICT : verdict,
    ];
  });
  return { text: table(header, rows), failures };
}

/** @param {readonly Compared[]} results */
export function floorTable(results) {
  const header = ['store', 'mlflow2aim', 'a: read and parse', 'b: write the same', '÷ max(a, b)', '÷ (a + b)'];
  const rows = results.map(({ shape, ours, read, write, written }) => {
    const [total, a, b] = [median(ours), median(read), median(write)];
    const size = `${written.files.toLocaleString('en-US')} files, ${megabytes(written.bytes)}`;
    const cells = [describe(shape), time(ours), time(read), `${time(write)}: ${size}`];
    return [...cells, `**${significant(total / Math.max(a, b))}**`, `**${significant(total / (a + b))}**`];
  });
  return table(header, rows);
}

/**
 * @param {readonly import('./measure.mjs').Weighed[]} results
 * @param {boolean} quick
 * @returns {Section}
 */
export function memoryTable(results, quick) {
  let failures = 0;
  const rows = results.map(({ shape, seconds, peaks }) => {
    const peak = Math.max(...peaks);
    const isKept = quick || peak <= MEMORY.limit;
    if (!isKept) failures++;
    const [limit, verdict] = [megabytes(MEMORY.limit), passOrFail(isKept, quick)];
    const rate = rates(shape, shape.runs === 1 ? ['points'] : ['runs', 'points'], median(seconds));
    return [describe(shape), `${time(seconds)}: ${rate}`, `**${megabytes(peak)}**`, limit, verdict];
  });
  return { text: table(['store', 'mlflow2aim', 'peak memory', 'limit', 'verdict'], rows), failures };
}

/**
 * @param {readonly import('./measure.mjs').Timed[]} results
 * @param {boolean} quick
 * @returns {Section}
 */
export function growthTable(results, quick) {
  const header = [...results.map(({ shape }) => describe(shape)), 'ratio of times', 'limit', 'verdict'];
  const [small = 0, large = 0] = results.map(({ seconds }) => median(seconds));
  const isKept = quick || large / small <= GROWTH.limit;
  const cells = results.map(({ shape, seconds }) => `${time(seconds)}: ${rates(shape, ['runs'], median(seconds))}`);
  const row = [...cells, `**${significant(large / small)}**`, String(GROWTH.limit), passOrFail(isKept, quick)];
  return { text: table(header, [row]), failures: isKept ? 0 : 1 };
}

/** @param {readonly import('./measure.mjs').Sourced[]} results */
export function sourcesTable(results) {
  const header = ['source', 'store', 'mlflow2aim converts', "MLflow's client reads", 'ratio', 'goal', 'bare loading'];
  const rows = results.map(({ kind, shape, ours, client, server }) => [
    kind.name,
    describe(shape),
    `${time(ours)}: ${rates(shape, ['points'], median(ours))}`,
    time(client),
    `**${significant(median(client) / median(ours))}×**`,
    kind.goal === undefined ? 'as the server' : `${kind.goal}×`,
    server.length === 0
      ? NO_VERDICT
      : `${time(server)}; ours takes ${significant(median(ours) / median(server))} times that`,
  ]);
  return table(header, rows);
}

/**
 * @param {boolean} isKept
 * @param {boolean} quick
 */
function passOrFail(isKept, quick) {
  if (quick) return NO_VERDICT;
  return isKept ? 'pass' : '**fails**';
}

/**
 * @param {readonly string[]} header
 * @param {readonly (readonly string[])[]} rows
 */
function table(header, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/**
 * The median, and from where to where the repetitions went.
 *
 * @param {readonly number[]} seconds
 */
function time(seconds) {
  const range = `${seconds.length} × ${significant(Math.min(...seconds))}…${significant(Math.max(...seconds))}`;
  return `${significant(median(seconds))} s${seconds.length === 1 ? '' : ` (${range})`}`;
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${significant(bytes / 1e6)} MB`;
}

/** @param {readonly number[]} values at least one */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [lower = Number.NaN, upper = lower] = sorted.slice(Math.floor(middle), Math.ceil(middle) + 1);
  return (lower + upper) / 2;
}
