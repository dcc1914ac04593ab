/**
 * Walks the entries of one source in order of keys, and of one key's from the newest to the oldest. Everything it shows is
 * valid until it moves.
 */
export interface EntryCursor {
  /** False behind the last entry. */
  readonly valid: boolean;
  /** The user key is the first `userLength` bytes. */
  readonly key: Uint8Array;
  readonly userLength: number;
  /** At least so many bytes of the user key are those of the entry before. */
  readonly shared: number;
  /** Whether the user key is that of the entry before, as far as `seek` did not come between. */
  readonly repeats: boolean;
  readonly sequence: number;
  readonly type: number;
  readonly value: Uint8Array;
  readonly valueStart: number;
  readonly valueEnd: number;
  /** Goes to the first entry whose user key is not below `target`. */
  seek(target: Uint8Array): void;
  next(): void;
}
