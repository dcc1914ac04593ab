import type { RunProperties } from '../../aim/run-properties.js';
import type { Family } from '../../family.js';
import type { SoughtPart, ToldPart } from '../../outcome.js';
import type { EnumeratedRun } from '../../stages/enumerate-runs.js';

/**
 * A run to convert, and what is known about it from last time. A plain object: it may be sent to another thread or machine.
 */
export interface RunTask extends EnumeratedRun {
  /** The run's hash in Aim. */
  readonly hash: string;
  /** The time of the conversion, milliseconds since the epoch; decides which active runs are stale. */
  readonly now: number;
  /** Whether Aim lists the run already. */
  readonly existsInAim: boolean;
  /** What was last written into Aim's relational database, if that is known. */
  readonly previousProperties?: RunProperties;
  /** Another run with this id has already been converted in this pass. */
  readonly isDuplicateId?: boolean;
  /** The source's revision of the run, if it has just been determined; later changes are found next time. */
  readonly revision?: string;
  /** Where it stands among nested runs; absent for a run without parent and children. */
  readonly family?: Family;
  /** What the ledger has of the run, if anything. */
  readonly known?: KnownRun;
}

/** What the ledger says of a converted run. */
export interface KnownRun {
  readonly revision: string;
  readonly inputs: string;
  /** When an unchanged run must be read again, milliseconds since the epoch; null for never. */
  readonly reviewAt: number | null;
  /** What is needed to append to the run (append-state.ts). */
  readonly appendState?: string;
  /** What could not be read then, without what is accepted as missing. */
  readonly unread?: readonly ToldPart[];
  /** What to try again now, even if the run is unchanged. */
  readonly again?: readonly SoughtPart[];
  /** The run must be read again, completely, even if it is unchanged. */
  readonly forced?: true;
}
