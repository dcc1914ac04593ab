/** What is shown of a table at most. */
const MOST_ROWS = 200;
export const MOST_COLUMNS = 20;
/** Names of columns that are not shown, which are told. */
const MOST_NAMES = 100;

/** A table, as far as it is shown. All texts are those of the file. */
export interface Table {
  /** Of the first {@link MOST_COLUMNS}; empty where the file has no name for a column. */
  readonly columns: readonly string[];
  /** The first {@link MOST_ROWS}; a row may be shorter than others. */
  readonly rows: readonly (readonly string[])[];
  /** How many there are in the file. */
  readonly rowCount: number;
  readonly columnCount: number;
  /** The names of the first columns that are not shown. */
  readonly leftOut: readonly string[];
}

/** Takes the rows of a table, however many there are, and keeps those that are shown. */
export class TableBuilder {
  private readonly rows: string[][] = [];
  private rowCount = 0;
  private columnCount: number;

  constructor(private readonly header: readonly string[]) {
    this.columnCount = header.length;
  }

  add(row: readonly string[]): void {
    this.rowCount++;
    this.columnCount = Math.max(this.columnCount, row.length);
    if (this.rows.length < MOST_ROWS) this.rows.push(row.slice(0, MOST_COLUMNS));
  }

  finish(): Table {
    const { header, rows, rowCount, columnCount } = this;
    const columns = Array.from({ length: Math.min(columnCount, MOST_COLUMNS) }, (_, i) => header[i] ?? '');
    const others = Math.min(MOST_NAMES, Math.max(0, columnCount - MOST_COLUMNS));
    const leftOut = Array.from({ length: others }, (_, i) => header[MOST_COLUMNS + i] ?? '');
    return { columns, rows, rowCount, columnCount, leftOut };
  }
}
