import type { JsonObject } from './figure-json.js';

/** How the numbers of a binary array lie in its bytes, by the names that Plotly 6 has from NumPy; all are little-endian. */
const NUMBERS: Readonly<Record<string, { readonly size: number; read(view: DataView, at: number): number }>> = {
  i1: { size: 1, read: (view, at) => view.getInt8(at) },
  u1: { size: 1, read: (view, at) => view.getUint8(at) },
  u1c: { size: 1, read: (view, at) => view.getUint8(at) },
  i2: { size: 2, read: (view, at) => view.getInt16(at, true) },
  u2: { size: 2, read: (view, at) => view.getUint16(at, true) },
  i4: { size: 4, read: (view, at) => view.getInt32(at, true) },
  u4: { size: 4, read: (view, at) => view.getUint32(at, true) },
  f4: { size: 4, read: (view, at) => view.getFloat32(at, true) },
  f8: { size: 8, read: (view, at) => view.getFloat64(at, true) },
};

/**
 * The value with plain arrays in the place of objects such as `{"dtype": "f8", "bdata": "…", "shape": "3, 2"}`; the value itself if there are
 * none. What cannot be read as an array stays as it is. NaN and infinity become null, as Plotly writes them otherwise.
 *
 * @throws RangeError when it is nested beyond the stack
 */
export function withPlainArrays<T>(value: T): T;
export function withPlainArrays(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const plain = items.map((item) => withPlainArrays(item));
    return plain.some((item, i) => item !== items[i]) ? plain : items;
  }
  const object = value as JsonObject;
  const array = plainArray(object);
  if (array !== undefined) return array;
  const entries = Object.entries(object);
  const plain = entries.map(([key, item]): [string, unknown] => [key, withPlainArrays(item)]);
  return plain.some(([, item], i) => item !== entries[i]![1]) ? Object.fromEntries(plain) : object;
}

function plainArray({ dtype, bdata, shape }: JsonObject): unknown[] | undefined {
  if (typeof dtype !== 'string' || typeof bdata !== 'string') return undefined;
  const numbers = Object.hasOwn(NUMBERS, dtype) ? NUMBERS[dtype] : undefined;
  if (numbers === undefined) return undefined;
  const bytes = Buffer.from(bdata, 'base64');
  if (bytes.length % numbers.size !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values: unknown[] = new Array(bytes.length / numbers.size);
  for (let i = 0; i < values.length; i++) values[i] = numbers.read(view, i * numbers.size);
  return shape === undefined ? values : inShape(values, shape);
}

/** Numbers in rows, as `"2, 3"` or `[2, 3]` says; undefined if they are not so many. */
function inShape(values: unknown[], shape: unknown): unknown[] | undefined {
  const sizes = (Array.isArray(shape) ? shape : String(shape).split(',')).map(Number);
  const isWhole = sizes.length <= 3 && sizes.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isWhole || sizes.reduce((product, size) => product * size, 1) !== values.length) return undefined;
  let rows = values;
  for (const size of sizes.slice(1).reverse()) {
    const outer: unknown[] = [];
    for (let at = 0; at < rows.length; at += size) outer.push(rows.slice(at, at + size));
    rows = outer;
  }
  return rows;
}
