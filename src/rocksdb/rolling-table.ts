import type { Key } from './bytes.js';
import type { Column } from './column.js';
import { BOTTOM_LEVEL, type DatabaseWriter } from './database-writer.js';
import type { TableWriter } from './table-writer.js';

/** Aim's own target size of a table file. */
const TARGET_SIZE = 64 * 1024 * 1024;

/** Ascending entries, written into as many table files as their size requires. */
export class RollingTable {
  private table: TableWriter | undefined;

  constructor(
    private readonly database: DatabaseWriter,
    private readonly level = BOTTOM_LEVEL,
  ) {}

  add(key: Key, value: Uint8Array): void {
    this.current().add(key, value);
  }

  delete(key: Key): void {
    this.current().delete(key);
  }

  addColumn(column: Column, count: number): void {
    if (count > 0) this.current().addColumn(column, count);
  }

  finish(): void {
    if (this.table !== undefined) this.database.close(this.table);
    this.table = undefined;
  }

  private current(): TableWriter {
    if (this.table !== undefined && this.table.size >= TARGET_SIZE) this.finish();
    this.table ??= this.database.table(this.level);
    return this.table;
  }
}
