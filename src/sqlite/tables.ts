import type { DatabaseSyncInstance } from '@photostructure/sqlite';

/** Whether a database has a table of this name. */
export function hasTable(database: DatabaseSyncInstance, name: string): boolean {
  return (
    database.prepare("SELECT 1 AS there FROM sqlite_master WHERE type = 'table' AND name = ?").get(name) !== undefined
  );
}

/** Whether a table has a column of this name. */
export function hasColumn(database: DatabaseSyncInstance, table: string, column: string): boolean {
  return (
    database.prepare('SELECT 1 AS there FROM pragma_table_info(?) WHERE name = ?').get(table, column) !== undefined
  );
}
