/** A record that is not the same in both places, or only in one of them. */
export interface CopyDifference {
  /** The key below the place, a character for each byte. */
  readonly key: string;
  readonly own: Uint8Array | undefined;
  readonly shared: Uint8Array | undefined;
}

/** Records that Aim keeps twice: for the run, and for the repository as a whole. Gathers both in any order. */
export class RecordCopies {
  private readonly owns = new Map<string, Uint8Array>();
  private readonly shareds = new Map<string, Uint8Array>();

  own(key: string, record: Uint8Array): void {
    this.settle(this.owns, this.shareds, key, record);
  }

  shared(key: string, record: Uint8Array | undefined): void {
    this.settle(this.shareds, this.owns, key, record ?? new Uint8Array(0));
  }

  *differences(): Generator<CopyDifference> {
    for (const [key, own] of this.owns) yield { key, own, shared: this.shareds.get(key) };
    for (const [key, shared] of this.shareds) if (!this.owns.has(key)) yield { key, own: undefined, shared };
  }

  /** Keeps only what has no equal on the other side yet. */
  private settle(here: Map<string, Uint8Array>, there: Map<string, Uint8Array>, key: string, record: Uint8Array): void {
    const other = there.get(key);
    if (other !== undefined && Buffer.compare(other, record) === 0) there.delete(key);
    else here.set(key, new Uint8Array(record));
  }
}
