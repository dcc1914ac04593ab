import type { RunProperties } from '../../aim/run-properties.js';
import type { SoughtPart, ToldPart } from '../../outcome.js';
import type { EnumeratedRun } from '../../stages/enumerate-runs.js';

/** A run to convert, and all that is known of it from the last time. A plain object: it may cross to another thread or machine. */
export interface RunTask extends EnumeratedRun {
  /** The run's hash in Aim. */
  readonly hash: string;
  /** The time of the conversion, milliseconds since the epoch; decides which active runs are stale. */
  readonly now: number;
  /** Whether Aim lists the run already. */
  readonly existsInAim: boolean;
  /** What was last written into Aim's relational database, if that is known. */
  readonly previousProperties?: RunProperties;
  /** This conversion has met a run of this id before, and taken that one. */
  readonly isDuplicateId?: boolean;
  /** The source's revision of the run, if it was asked for a moment ago; changes since then are found the next time. */
  readonly revision?: string;
  /** What the ledger has of the run, if anything. */
  readonly known?: KnownRun;
}

/** What the ledger says of a converted run. */
export interface KnownRun {
  readonly revision: string;
  readonly inputs: string;
  /** When an unchanged run has to be read again, milliseconds since the epoch; null for never. */
  readonly reviewAt: number | null;
  /** What is needed to append to the run (append-state.ts). */
  readonly appendState?: string;
  /** What could not be read then, as far as it is not accepted as missing. */
  readonly unread?: readonly ToldPart[];
  /** What has to be tried again now, even if the run is unchanged. */
  readonly again?: readonly SoughtPart[];
  /** It is to be read again, and whole, even if it is unchanged. */
  readonly forced?: true;
}
