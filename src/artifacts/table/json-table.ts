import { pipeline, Readable } from 'node:stream';
import { type Table, TableBuilder } from './table.js';

const FIELDS = ['"columns"', '"data"'];
/** As in JSON. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

/** The table that `mlflow.log_table` wrote (docs/mlflow-sources.md §4.2), its numbers as they stand there; undefined for other JSON. */
export async function jsonTable(text: Uint8Array): Promise<Table | undefined> {
  const buffer = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  if (!FIELDS.every((field) => buffer.includes(field))) return undefined;
  const fields = await fieldsOf(buffer);
  const columns = fields?.get('columns');
  const data = fields?.get('data');
  if (!Array.isArray(columns) || !Array.isArray(data) || data.length === 0) return undefined;
  const table = new TableBuilder(columns.map(cellText));
  for (const row of data as readonly unknown[]) {
    if (!Array.isArray(row)) return undefined;
    table.add(row.map(cellText));
  }
  return table.finish();
}

/** The fields of a JSON object, all numbers as texts; undefined for a text that is none. */
async function fieldsOf(text: Buffer): Promise<ReadonlyMap<string, unknown> | undefined> {
  // rarely needed, and slow to load
  const { streamObject } = await import('stream-json/streamers/stream-object.js');
  const stream = streamObject.withParserAsStream({ numberAsString: true });
  pipeline(Readable.from([text]), stream, () => {}); // errors come out of the last stream
  const fields = new Map<string, unknown>();
  try {
    for await (const { key, value } of stream as AsyncIterable<{ key: string; value: unknown }>) fields.set(key, value);
  } catch {
    return undefined;
  }
  return fields;
}

/** A value on one line: texts and numbers as they are, what is nested as JSON. */
function cellText(value: unknown): string {
  return typeof value === 'string' ? value : nestedText(value);
}

function nestedText(value: unknown): string {
  if (typeof value === 'string') return NUMBER.test(value) ? value : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(nestedText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}: ${nestedText(item)}`)
    .join(', ')}}`;
}
