import { isUtf8 } from 'node:buffer';

/** Arrays of Plotly 6 in their binary form, by the name of their type. */
const ARRAYS = new Map<string, (bytes: ArrayBuffer) => ArrayLike<number>>([
  ['i1', (bytes) => new Int8Array(bytes)],
  ['u1', (bytes) => new Uint8Array(bytes)],
  ['u1c', (bytes) => new Uint8Array(bytes)],
  ['i2', (bytes) => new Int16Array(bytes)],
  ['u2', (bytes) => new Uint16Array(bytes)],
  ['i4', (bytes) => new Int32Array(bytes)],
  ['u4', (bytes) => new Uint32Array(bytes)],
  ['f4', (bytes) => new Float32Array(bytes)],
  ['f8', (bytes) => new Float64Array(bytes)],
]);
const CALL = /Plotly\.(newPlot|addFrames)\(/g;
/** A string, a bracket or comma, or anything between. */
const TOKEN =
  /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|'[^'\\]*(?:\\[\s\S][^'\\]*)*'|`[^`\\]*(?:\\[\s\S][^`\\]*)*`|[()[\]{},]|[^"'`()[\]{},]+/y;
const BLANK = /^[ \t\r\n]*$/;
const LONGEST_PLACE = 1000;

/** The text that Aim has to have of a file that is the JSON of a figure; undefined for other JSON (docs/mapping.md, "Figures"). */
export function figureOfJson(text: string): string | undefined {
  let decoded = 0;
  try {
    const figure: unknown = JSON.parse(text, (_, value: unknown) => {
      const array = arrayOf(value);
      if (array !== undefined) decoded++;
      return array ?? value;
    });
    if (!isFigure(figure)) return undefined;
    return decoded === 0 ? text : JSON.stringify(figure);
  } catch {
    return undefined;
  }
}

/** The figures in a page; undefined where they are more than `limit` bytes. */
export function figuresOfPage(bytes: Uint8Array, limit: number): readonly string[] | undefined {
  const page = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const plots: string[][] = [];
  for (let from = 0; ; ) {
    CALL.lastIndex = from;
    const call = CALL.exec(page);
    if (call === null) break;
    const { end, json } = callAt(page, CALL.lastIndex);
    from = end;
    if (json === undefined) continue;
    if (json.join('').length > limit) return undefined;
    const [first, layout] = json.map((text) => (isUtf8(Buffer.from(text, 'latin1')) ? trimmed(text) : undefined));
    if (first === undefined || (json.length > 1 && layout === undefined)) continue;
    const last = plots.at(-1);
    if (call[1] === 'newPlot') plots.push([first, layout ?? '{}']);
    else if (last?.length === 2 && first.startsWith('[')) last.push(first);
  }
  const figures = plots.flatMap((plot) => figureOfPlot(plot) ?? []);
  const size = figures.reduce((sum, figure) => sum + Buffer.byteLength(figure), 0);
  return size > limit ? undefined : figures;
}

/** A call whose arguments begin here: where it ends, or is seen to be none; and its second and third argument, if it is one of a figure. */
function callAt(page: string, from: number): { readonly end: number; readonly json?: readonly string[] } {
  const found: string[] = [''];
  let depth = 0;
  TOKEN.lastIndex = from;
  for (;;) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(page)?.[0];
    if (token === undefined) return { end: page.length };
    if (depth === 0 && token === ')') break;
    if (depth === 0 && token === ',') {
      found.push('');
      continue;
    }
    const isJson = found.length === 2 || found.length === 3;
    const begins = isJson && BLANK.test(found.at(-1)!) && !BLANK.test(token);
    const isNone =
      isJson && (/^['`]/.test(token) || (begins && !(token === '{' || (token === '[' && found.length === 2))));
    if (isNone || (found.length === 1 && found[0]!.length > LONGEST_PLACE)) return { end: at };
    if (/^[([{]$/.test(token)) depth++;
    if (/^[)\]}]$/.test(token)) depth--;
    if (found.length < 4) found[found.length - 1] += token;
  }
  const end = TOKEN.lastIndex;
  const json = found.slice(1, 3).filter((text) => !BLANK.test(text));
  return json.length > 0 ? { end, json } : { end };
}

function trimmed(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8').trim();
}

function figureOfPlot([data = '', layout = '', frames]: readonly string[]): string | undefined {
  if (data.startsWith('{')) return figureOfJson(data);
  return figureOfJson(`{"data":${data},"layout":${layout}${frames === undefined ? '' : `,"frames":${frames}`}}`);
}

function isFigure(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { data, layout, frames = [], config: _, ...others } = value;
  if (Object.keys(others).length > 0 || !isObject(layout) || !Array.isArray(frames) || !Array.isArray(data))
    return false;
  return data.every((trace: unknown) => isObject(trace) && ['string', 'undefined'].includes(typeof trace.type));
}

function arrayOf(value: unknown): unknown[] | undefined {
  if (!isObject(value)) return undefined;
  const { dtype, bdata, shape } = value;
  if (typeof dtype !== 'string' || typeof bdata !== 'string') return undefined;
  const read = ARRAYS.get(dtype);
  if (read === undefined) return undefined;
  const bytes = Uint8Array.from(Buffer.from(bdata, 'base64')).buffer;
  let numbers: number[];
  try {
    numbers = Array.from(read(bytes));
  } catch {
    return undefined;
  }
  if (shape === undefined) return numbers;
  const sizes = (typeof shape === 'string' ? shape.split(',') : Array.isArray(shape) ? shape : [shape]).map(Number);
  const isUsable = sizes.length < 4 && sizes.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isUsable || sizes.reduce((a, b) => a * b, 1) !== numbers.length) return undefined;
  return fold(numbers, sizes.slice(1));
}

/** Numbers in groups of the last size, these in groups of the size before it. */
function fold(items: unknown[], sizes: readonly number[]): unknown[] {
  const size = sizes.at(-1);
  if (size === undefined) return items;
  const groups: unknown[] = [];
  for (let at = 0; at < items.length; at += size) groups.push(items.slice(at, at + size));
  return fold(groups, sizes.slice(0, -1));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
