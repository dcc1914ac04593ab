import type { Family } from '../../family.js';
import type { Experiment, RunRef } from '../../model.js';
import type { ArtifactPolicy, MappingPolicy } from '../../policies.js';
import type { WrittenRow } from '../compare/compare-row.js';
import type { Depth } from '../compare/compare-run.js';
import type { RunVerdict } from '../compare/verdict.js';
import type { RunRow } from '../contents.js';

/** A run to verify, and all that is known of it beside its source and its databases. A plain object: it crosses threads. */
export interface VerifyTask {
  readonly experiment: Experiment;
  readonly ref: RunRef;
  readonly hash: string;
  readonly row: RunRow;
  readonly mapping: MappingPolicy;
  readonly artifacts: ArtifactPolicy;
  /** What the last conversion wrote into the row, and from which revision of the source. */
  readonly converted?: { readonly written: WrittenRow; readonly revision: string };
  /** What was done about it when MLflow had deleted it. */
  readonly deletion?: 'archived' | 'kept';
  /** MLflow has, or had, other experiments of the same name. */
  readonly isNameShared: boolean;
  /** Where it stands among nested runs. */
  readonly family?: Family;
  readonly depth: Depth;
  /** Milliseconds since the epoch: the moment by which an active run is stale. */
  readonly now: number;
  /** What {@link VerifyResult.state} was when the run was found to be as it has to be. */
  readonly verifiedState?: string;
}

export interface VerifyResult {
  /** Absent where the state is still that of the task's `verifiedState`. */
  readonly verdict?: RunVerdict;
  /** A digest of all that the verdict depends on: the run in MLflow, its files and row in Aim, the policies. */
  readonly state: string;
  /** Of a run that differs: it was written, in MLflow or in Aim, while it was being verified, so the verdict may be of a moment that never was. */
  readonly hasChanged: boolean;
}

/** Verifies runs, wherever that happens. */
export interface RunVerifier {
  /** Rejects with a `fatal` error, or with the signal's reason when it was stopped. */
  verify(task: VerifyTask): Promise<VerifyResult>;
  /** Points compared since the last call. */
  takePoints(): number;
  stop(): Promise<void>;
}
