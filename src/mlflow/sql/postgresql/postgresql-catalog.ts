import { type Catalog, CatalogTables } from '../catalog.js';
import { placeholders, type Query } from '../database.js';

/** The schemas of search_path, including those that this role may not use, which PostgreSQL itself skips. */
const SEARCH_PATH = `regexp_split_to_array(
  replace(replace(current_setting('search_path'), '"$user"', current_user), '"', ''), '\\s*,\\s*')`;

/**
 * Reads pg_catalog, which everybody may read. information_schema leaves out what a role has no permission for, as if it did not exist.
 */
export async function readPostgresqlCatalog(query: Query, tables: readonly string[]): Promise<Catalog> {
  const rows = await query(
    `SELECT c.relname, a.attname, has_schema_privilege(n.oid, 'USAGE') AND has_column_privilege(c.oid, a.attnum, 'SELECT'),
       quote_ident(n.nspname), has_schema_privilege(n.oid, 'USAGE'), quote_ident(current_user)
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname IN ${placeholders(tables.length)}
       AND (pg_catalog.pg_table_is_visible(c.oid)
         OR NOT has_schema_privilege(n.oid, 'USAGE') AND n.nspname = ANY (${SEARCH_PATH}))`,
    tables,
  );
  const found = new CatalogTables();
  for (const [table, column, readable] of rows) found.add(table ?? '', column ?? '', readable === 't');
  const [, , , , , role = 'current_user'] = rows[0] ?? [];
  const closed = rows.find(([, , , , usable]) => usable === 'f')?.[3];
  return {
    tables: found.tables,
    grant: (names) => {
      const schema = closed ? `GRANT USAGE ON SCHEMA ${closed} TO ${role}; ` : '';
      return `${schema}GRANT SELECT ON ${names.map((name) => (closed ? `${closed}.${name}` : name)).join(', ')} TO ${role};`;
    },
  };
}
