import { type Table, TableBuilder } from './table.js';

const TAB = '\t';

/**
 * The table in a text of separated values, whose first line names the columns; undefined for a text that is none, as its quotes show, and
 * for one without rows.
 *
 * @param isTsv the values are separated by tabs
 */
export async function csvTable(text: Uint8Array, isTsv: boolean): Promise<Table | undefined> {
  // rarely needed, and slow to load
  const { CsvError, parse } = await import('csv-parse');
  const records = parse({
    bom: true,
    delimiter: isTsv ? TAB : delimiterOf(text),
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
  });
  records.end(text);
  let table: TableBuilder | undefined;
  let hasRows = false;
  try {
    for await (const record of records as AsyncIterable<string[]>) {
      if (table === undefined) table = new TableBuilder(record);
      else {
        table.add(record);
        hasRows = true;
      }
    }
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
  return hasRows ? table?.finish() : undefined;
}

/** The first of these that the first line has; people's programs write `;` where a comma is in their numbers. */
function delimiterOf(text: Uint8Array): string {
  const end = text.findIndex((byte) => byte === 0x0a || byte === 0x0d);
  const line = new TextDecoder().decode(end < 0 ? text : text.subarray(0, end));
  return [',', ';', TAB].find((delimiter) => line.includes(delimiter)) ?? ',';
}
