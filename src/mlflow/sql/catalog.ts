/** The columns of an existing table. */
export interface TableColumns {
  readonly readable: ReadonlySet<string>;
  /** Those that this user may not read; `others` if the database does not say which columns exist besides the readable ones. */
  readonly hidden: ReadonlySet<string> | 'others';
}

/** Which of some tables exist, by names in lower case, and what this user may read of them. */
export interface Catalog {
  /** Contains existing tables only. */
  readonly tables: ReadonlyMap<string, TableColumns>;
  /** The SQL with which an administrator can let this user read tables. */
  readonly grant: (tables: readonly string[]) => string;
}

/** Collects columns one by one. */
export class CatalogTables {
  readonly #tables = new Map<string, { readonly readable: Set<string>; hidden: Set<string> | 'others' }>();

  get tables(): Catalog['tables'] {
    return this.#tables;
  }

  add(table: string, column: string, isReadable: boolean): void {
    const { readable, hidden } = this.#of(table);
    if (isReadable) readable.add(column);
    else if (hidden !== 'others') hidden.add(column);
  }

  /** Adds a table that exists, and of which the database shows this user nothing more. */
  addHidden(table: string): void {
    this.#of(table).hidden = 'others';
  }

  #of(table: string) {
    const mine = this.#tables.get(table) ?? { readable: new Set<string>(), hidden: new Set<string>() };
    this.#tables.set(table, mine);
    return mine;
  }
}
