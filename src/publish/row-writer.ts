import type { RunMetadata } from '../aim/run-metadata.js';
import type { RunProperties } from '../aim/run-properties.js';
import { failpoint } from '../failpoints.js';
import type { Ledger, LedgerEntry } from '../state/ledger.js';

/** The revision of a run whose row may not have been written yet; no source ever returns it. */
const UNFINISHED = '';

/** A run whose row in Aim's relational database is to be written. */
interface RowChange {
  readonly entry: LedgerEntry;
  /** What the row may contain, as far as we wrote it; empty if that is unknown. */
  readonly previous: readonly RunProperties[];
}

/**
 * Writes the rows of runs in `run_metadata.sqlite`, and their ledger entries. The two files cannot change in one
 * transaction, so there are three: the ledger notes the properties about to be written (`pending`), the rows change, and the
 * ledger notes that they have. After a crash in between, a row contains its old state or one of the pending ones; anything
 * else was changed by a person, and stays.
 */
export class RowWriter {
  constructor(
    private readonly metadata: RunMetadata,
    private readonly ledger: Ledger,
  ) {}

  /**
   * Writes the rows of these runs and their ledger entries.
   *
   * @param existed the runs that Aim listed when they were read
   * @returns those of them that a person has since removed in Aim: they have an entry but no row, so that they stay removed
   */
  write(entries: readonly LedgerEntry[], existed: ReadonlySet<string>): ReadonlySet<string> {
    const changes = entries.filter((entry) => !this.hasRow(entry)).map((entry) => this.changeOf(entry));
    const removed = new Set<string>();
    this.ledger.write(changes.map(pendingEntry));
    if (changes.length > 0) {
      failpoint('rows-intended');
      this.metadata.transaction(() => {
        for (const { entry, previous } of changes) {
          if (existed.has(entry.hash) && !this.metadata.has(entry.hash)) removed.add(entry.hash);
          else this.metadata.write(entry.hash, entry.properties, ...previous);
        }
      });
      failpoint('rows-written');
    }
    this.ledger.write(entries);
    if (entries.length > 0) failpoint('ledger-written');
    return removed;
  }

  /** Whether the row already has the right contents. */
  private hasRow({ hash, properties }: LedgerEntry): boolean {
    const known = this.ledger.get(hash);
    if (known === undefined || known.pending !== undefined || !this.metadata.has(hash)) return false;
    return isEqual(known.properties, properties);
  }

  private changeOf(entry: LedgerEntry): RowChange {
    const known = this.metadata.has(entry.hash) ? this.ledger.get(entry.hash) : undefined;
    return { entry, previous: known === undefined ? [] : [known.properties, ...(known.pending ?? [])] };
  }
}

/** The ledger entry while it is unknown whether the row was written. */
function pendingEntry({ entry, previous }: RowChange): LedgerEntry {
  const { appendState: _, properties, ...rest } = entry;
  const [settled = properties, ...unsettled] = previous;
  const pending = [...unsettled.filter((state) => !isEqual(state, properties)), properties];
  return { ...rest, revision: UNFINISHED, properties: settled, pending };
}

function isEqual(a: RunProperties, b: RunProperties): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
