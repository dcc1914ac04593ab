import { characterWidth } from '../../character-width.js';
import { csvTable } from './csv-table.js';
import { jsonTable } from './json-table.js';
import { MOST_COLUMNS, type Table } from './table.js';

/** A cell with more columns of text is cut. */
const WIDEST_CELL = 60;
/** As Markdown wants it. */
const NARROWEST_CELL = 3;
const NUMBER = /^(?:[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|nan|[-+]?inf(?:inity)?)$/i;
const SHOWN: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
/** Control characters, and those that turn the direction of the text after them. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu;

/**
 * The table that a text holds, drawn in Markdown with aligned columns: Aim's Texts tab shows it as it is, its explorer also as a table. Below it
 * stands what is not shown. Undefined for a text that holds none.
 */
export async function tableText(path: string, text: Uint8Array): Promise<Uint8Array | undefined> {
  const extension = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  const table = extension === 'json' ? await jsonTable(text) : await csvTable(text, extension === 'tsv');
  return table === undefined || table.columns.length === 0 ? undefined : Buffer.from(new Drawing(table).text());
}

class Drawing {
  private cut = 0;

  constructor(private readonly table: Table) {}

  text(): string {
    const { columns, rows } = this.table;
    const cells = [columns, ...rows].map((row) => columns.map((_, i) => this.cell(row[i] ?? '')));
    const isNumeric = columns.map((_, i) => isNumericColumn(rows.map((row) => row[i] ?? '')));
    const widths = columns.map((_, i) =>
      cells.reduce((widest, row) => Math.max(widest, textWidth(row[i]!)), NARROWEST_CELL),
    );
    const line = (row: readonly string[]) => {
      const padded = row.map((cell, i) => {
        const spaces = ' '.repeat(widths[i]! - textWidth(cell));
        return isNumeric[i] ? spaces + cell : cell + spaces;
      });
      return `| ${padded.join(' | ')} |\n`;
    };
    const rule = widths.map((width, i) => (isNumeric[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
    const [header = [], ...body] = cells;
    return [line(header), line(rule), ...body.map(line), ...this.notShown()].join('');
  }

  private notShown(): string[] {
    const { rows, rowCount, columnCount, leftOut } = this.table;
    const sentences: string[] = [];
    if (rowCount > rows.length) sentences.push(`Rows 1 to ${rows.length} of ${rowCount}.\n`);
    if (columnCount > MOST_COLUMNS) {
      const names = leftOut.map((name, i) => (name === '' ? `column ${MOST_COLUMNS + i + 1}` : cutTo(printable(name))));
      const more = columnCount - MOST_COLUMNS - leftOut.length;
      const others = more > 0 ? ` and ${more} more` : '';
      sentences.push(`Columns 1 to ${MOST_COLUMNS} of ${columnCount}; left out: ${names.join(', ')}${others}.\n`);
    }
    if (this.cut > 0) sentences.push(`Cut, at …: ${this.cut} of the cells.\n`);
    return sentences.length === 0 ? [] : ['\n', ...sentences];
  }

  private cell(text: string): string {
    const shown = printable(text);
    const fitting = cutTo(shown);
    if (fitting !== shown) this.cut++;
    return fitting.replaceAll('|', '\\|');
  }
}

function isNumericColumn(cells: readonly string[]): boolean {
  const filled = cells.filter((cell) => cell !== '' && cell !== 'null');
  return filled.length > 0 && filled.every((cell) => NUMBER.test(cell));
}

/** Text on one line, without characters that cannot be seen. */
function printable(text: string): string {
  return text.replace(UNSAFE, (character) => SHOWN[character] ?? '\ufffd');
}

function cutTo(text: string): string {
  let kept = '';
  let keptFor = '';
  let width = 0;
  for (const character of text) {
    width += characterWidth(character);
    if (width <= WIDEST_CELL - 1) keptFor = kept + character;
    if (width > WIDEST_CELL) return `${keptFor}…`;
    kept += character;
  }
  return text;
}

function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}
