import { characterWidth } from '../../character-width.js';
import { extensionOf } from './artifact-places.js';
import { csvRows } from './csv-text.js';

/** What is shown (docs/mapping.md, "Tables"). */
const MOST = { bytes: 1_000_000, rows: 200, columns: 20, width: 60, names: 100 };

const JSON_TOKEN = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;
const NUMERIC = /^(?:[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|nan|[-+]?inf|[-+]?infinity)$/i;

type Rows = readonly (readonly string[])[];

/** The table that Aim has to show of a text, drawn; undefined for a text without one. */
export function tableOf(path: string, text: string): string | undefined {
  const extension = extensionOf(path);
  if (!['json', 'csv', 'tsv'].includes(extension) || Buffer.byteLength(text) > MOST.bytes) return undefined;
  const rows = extension === 'json' ? jsonRows(text) : separatedRows(text, extension);
  if (rows === undefined || rows.length < 2) return undefined;
  const columns = rows.reduce((most, row) => Math.max(most, row.length), 0);
  return columns === 0 ? undefined : drawn(rows, columns);
}

function separatedRows(text: string, extension: string): Rows | undefined {
  const line = /^[^\r\n]*/.exec(text)?.[0] ?? '';
  const separators = extension === 'tsv' ? ['\t'] : [',', ';', '\t'].filter((one) => line.includes(one));
  return csvRows(text.replace(/^\ufeff/, ''), separators[0] ?? ',');
}

/** Numbers keep their digits, so they are made texts before the JSON is read. */
function jsonRows(text: string): Rows | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text.replace(JSON_TOKEN, (token) => (token.startsWith('"') ? token : `"${token}"`)));
  } catch {
    return undefined;
  }
  if (typeof read !== 'object' || read === null) return undefined;
  const { columns, data } = read as { columns?: unknown; data?: unknown };
  if (!Array.isArray(columns) || !Array.isArray(data) || !data.every((row) => Array.isArray(row))) return undefined;
  return [columns, ...(data as unknown[][])].map((row: unknown[]) =>
    row.map((value) => (typeof value === 'string' ? value : onOneLine(value))),
  );
}

function onOneLine(value: unknown): string {
  if (value === null || typeof value === 'boolean') return `${value}`;
  if (typeof value === 'string') return JSON_NUMBER.test(value) ? value : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`;
  const fields = Object.entries(value as object).map(([key, item]) => `${JSON.stringify(key)}: ${onOneLine(item)}`);
  return `{${fields.join(', ')}}`;
}

function drawn(rows: Rows, columns: number): string {
  const indices = Array.from({ length: Math.min(columns, MOST.columns) }, (_, i) => i);
  const [header = [], ...body] = rows;
  const shown = [header, ...body.slice(0, MOST.rows)];
  let cut = 0;
  const cells = shown.map((row) =>
    indices.map((i) => {
      const cell = visible(row[i] ?? '');
      const short = shortened(cell);
      if (short !== cell) cut++;
      return short.split('|').join('\\|');
    }),
  );
  const layout = indices.map((i) => {
    const values = shown.slice(1).map((row) => row[i] ?? '');
    const filled = values.filter((value) => value !== '' && value !== 'null');
    const width = Math.max(3, ...cells.map((row) => widthOf(row[i]!)));
    return { width, isRight: filled.length > 0 && filled.every((value) => NUMERIC.test(value)) };
  });
  const lines = cells.map((row) => row.map((cell, i) => padded(cell, layout[i]!)).join(' | '));
  const rule = layout.map(({ width, isRight }) => (isRight ? ':' : '-').padStart(width, '-')).join(' | ');
  const below = remarks(header, columns, body.length, cut);
  const table = [lines[0]!, rule, ...lines.slice(1)].map((line) => `| ${line} |`);
  return `${[...table, ...(below.length > 0 ? ['', ...below] : [])].join('\n')}\n`;
}

function remarks(header: readonly string[], columns: number, rows: number, cut: number): string[] {
  const found: string[] = [];
  if (rows > MOST.rows) found.push(`Rows 1 to ${MOST.rows} of ${rows}.`);
  if (columns > MOST.columns) {
    const hidden = columns - MOST.columns;
    const names = Array.from({ length: Math.min(hidden, MOST.names) }, (_, i) => {
      const name = header[MOST.columns + i] ?? '';
      return name === '' ? `column ${MOST.columns + i + 1}` : shortened(visible(name));
    });
    const more = hidden > MOST.names ? ` and ${hidden - MOST.names} more` : '';
    found.push(`Columns 1 to ${MOST.columns} of ${columns}; left out: ${names.join(', ')}${more}.`);
  }
  if (cut > 0) found.push(`Cut, at …: ${cut} of the cells.`);
  return found;
}

function padded(cell: string, { width, isRight }: { readonly width: number; readonly isRight: boolean }): string {
  const space = ' '.repeat(width - widthOf(cell));
  return isRight ? space + cell : cell + space;
}

function visible(text: string): string {
  return text
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

function shortened(text: string): string {
  if (widthOf(text) <= MOST.width) return text;
  const kept: string[] = [];
  let width = 0;
  for (const character of text) {
    width += characterWidth(character);
    if (width >= MOST.width) break;
    kept.push(character);
  }
  return `${kept.join('')}…`;
}

function widthOf(text: string): number {
  return [...text].reduce((width, character) => width + characterWidth(character), 0);
}
