/** The columns of a table that is there. */
export interface TableColumns {
  readonly readable: ReadonlySet<string>;
  /** Those that this user may not read; `others` where the database does not tell which there are beside the readable ones. */
  readonly hidden: ReadonlySet<string> | 'others';
}

/** Which of some tables there are, names in lower case, and what this user may read of them. */
export interface Catalog {
  /** A table that is not there is missing. */
  readonly tables: ReadonlyMap<string, TableColumns>;
  /** The SQL by which an administrator lets this user read tables. */
  readonly grant: (tables: readonly string[]) => string;
}

/** Gathers columns one by one. */
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

  /** There is a table of which the database shows this user no more. */
  addHidden(table: string): void {
    this.#of(table).hidden = 'others';
  }

  #of(table: string) {
    const mine = this.#tables.get(table) ?? { readable: new Set<string>(), hidden: new Set<string>() };
    this.#tables.set(table, mine);
    return mine;
  }
}
