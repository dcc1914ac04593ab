import { isUtf8 } from 'node:buffer';
import { withPlainArrays } from './typed-array.js';

/** What `to_json` of Plotly writes of a figure; what else lies in such an object is no figure of Plotly's. */
const FIELDS: ReadonlySet<string> = new Set(['data', 'layout', 'frames', 'config']);
const LEAST_FIELDS = ['"data"', '"layout"'];

/** A JSON object, read. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The text of a figure as Aim keeps it, if `bytes` are the JSON of a Plotly figure (`fig.write_json`): the same bytes, unless arrays in it are
 * in Plotly 6's binary form, which the plotly.js 2.8 of Aim's pages does not know (docs/aim-repo-format.md §5.2); those become plain arrays.
 */
export function figureText(bytes: Uint8Array): Uint8Array | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // most JSON files are none, and this costs next to nothing
  if (!LEAST_FIELDS.every((field) => buffer.includes(field)) || !isUtf8(buffer)) return undefined;
  const figure = parsedObject(buffer.toString('utf8'));
  if (figure === undefined || !isFigure(figure)) return undefined;
  try {
    const plain = withPlainArrays(figure);
    return plain === figure ? bytes : Buffer.from(JSON.stringify(plain));
  } catch (error) {
    // nested beyond what can be written again
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The figure of a call of `Plotly.newPlot`, put together of the JSON texts of its arguments. */
export function figureOfParts(data: string, layout: string, frames: string | undefined): Buffer {
  return Buffer.from(`{"data":${data},"layout":${layout}${frames === undefined ? '' : `,"frames":${frames}`}}`);
}

function isFigure(figure: JsonObject): boolean {
  if (!Array.isArray(figure.data) || !isObject(figure.layout)) return false;
  const traces: readonly unknown[] = figure.data;
  const { frames = [] } = figure;
  return traces.every(isTrace) && Array.isArray(frames) && Object.keys(figure).every((key) => FIELDS.has(key));
}

function isTrace(trace: unknown): boolean {
  return isObject(trace) && (trace.type === undefined || typeof trace.type === 'string');
}

function parsedObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
