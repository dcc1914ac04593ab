import { existsSync } from 'node:fs';
import type { ToldPart } from '../outcome.js';
import { isDamage, sqliteFailure } from '../sqlite/errors.js';
import { AcceptedMissing, type PlacedRun } from './accepted-missing.js';
import { Ledger, type LedgerEntry, type LedgerPlace } from './ledger.js';
import { type Policies, readPolicies } from './recorded-policies.js';

/**
 * What earlier conversions have recorded, read only: nothing is locked or changed. If there is no ledger, or it cannot be
 * used (damaged, of another version), nothing is known.
 */
export class ConversionRecord {
  /** Inputs whose policies have been looked up. */
  private readonly sought = new Set<string>();

  private constructor(
    private readonly ledger: Ledger | undefined,
    private readonly file: string,
    private policies: ReadonlyMap<string, Policies>,
    private readonly accepted: AcceptedMissing,
  ) {}

  /** Throws a `fatal` error if there is a ledger that this user may not read. */
  static open(file: string): ConversionRecord {
    if (!existsSync(file)) return new ConversionRecord(undefined, file, new Map(), AcceptedMissing.NOTHING);
    let ledger: Ledger | undefined;
    try {
      ledger = Ledger.read(file);
      return new ConversionRecord(ledger, file, readPolicies(file), AcceptedMissing.load(file));
    } catch (cause) {
      ledger?.close();
      if (isDamage(cause)) return new ConversionRecord(undefined, file, new Map(), AcceptedMissing.NOTHING);
      throw sqliteFailure(file, cause);
    }
  }

  /** Whether anything is known. */
  get isKnown(): boolean {
    return this.ledger !== undefined;
  }

  entry(hash: string): LedgerEntry | undefined {
    return this.ledger?.get(hash);
  }

  /** The policies by which a run was converted; undefined if they were not recorded. */
  policiesOf({ inputs }: Pick<LedgerEntry, 'inputs'>): Policies | undefined {
    // a running conversion may just have recorded them
    if (!this.policies.has(inputs) && !this.sought.has(inputs)) this.policies = readPolicies(this.file);
    this.sought.add(inputs);
    return this.policies.get(inputs);
  }

  /** The policies of any run, if some are known: all runs of a source usually have the same. */
  get somePolicies(): Policies | undefined {
    return [...this.policies.values()].at(-1);
  }

  /** The runs that were converted from this source. */
  places(source: string): LedgerPlace[] {
    return [...(this.ledger?.places(source) ?? [])];
  }

  /** The parts of a run that could not be read and are not accepted as missing. */
  left(run: PlacedRun): readonly ToldPart[] {
    return this.accepted.left(run);
  }

  close(): void {
    this.ledger?.close();
  }
}
