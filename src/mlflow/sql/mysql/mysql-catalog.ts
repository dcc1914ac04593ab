import { type Catalog, CatalogTables } from '../catalog.js';
import { placeholders, type Query } from '../database.js';
import { isOlderThan } from './schema-age.js';

/** The user of the session in the form of the privilege views: `'name'@'host'`. */
const GRANTEE = "concat('''', replace(current_user(), '@', '''@'''), '''')";

const RIGHTS_TO_ALL = `SELECT count(*) FROM (
    SELECT grantee, privilege_type FROM information_schema.user_privileges UNION ALL
    SELECT grantee, privilege_type FROM information_schema.schema_privileges WHERE database() LIKE table_schema) granted
  WHERE grantee = ${GRANTEE} AND privilege_type = 'SELECT'`;

/**
 * MySQL shows users only the tables and columns that they have some permission for, and has the same error for hidden and missing ones. So
 * a table that is not shown is assumed to exist, unless this user may read everything, or the schema is older than the table.
 */
export async function readMysqlCatalog(query: Query, tables: readonly string[]): Promise<Catalog> {
  const sql = `SELECT lower(table_name), lower(column_name), privileges LIKE '%select%', database(), ${GRANTEE}
    FROM information_schema.columns WHERE table_schema = database() AND table_name IN ${placeholders(tables.length + 1)}`;
  const rows = await query(sql, [...tables, 'alembic_version']);
  const found = new CatalogTables();
  for (const [table, column, readable] of rows) {
    if (table !== 'alembic_version') found.add(table ?? '', column ?? '', readable === '1');
  }
  const [[all, database, user] = []] = await query(`SELECT (${RIGHTS_TO_ALL}), database(), ${GRANTEE}`);
  if (all === '0') {
    const version = rows.some(([table, , readable]) => table === 'alembic_version' && readable === '1')
      ? (await query('SELECT version_num FROM alembic_version'))[0]?.[0]
      : undefined;
    const experiments = found.tables.get('experiments')?.readable;
    for (const table of tables) {
      if (found.tables.has(table) || !isOlderThan(table, version ?? undefined, experiments)) found.addHidden(table);
    }
  }
  const grant = (table: string): string => `GRANT SELECT ON \`${database}\`.${table} TO ${user};`;
  return { tables: found.tables, grant: (names) => names.map(grant).join(' ') };
}
