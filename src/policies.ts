/** What the user decides about the mapping; each part is read by one stage (docs/mapping.md). */

export type RepeatedSteps = 'auto' | 'last' | 'split' | 'index';

/** How attributes and points are mapped. */
export interface MappingPolicy {
  readonly repeatedSteps: RepeatedSteps;
  /** Keep every param a string. */
  readonly rawParams: boolean;
  /** A RUNNING run without a sign of life for this long is closed; milliseconds. */
  readonly staleAfter: number;
}

/** One `--include-artifacts` or `--exclude-artifacts`, in the order given; the last that matches decides. */
export interface ArtifactRule {
  readonly include: boolean;
  readonly glob: string;
}

/** Which artifacts are transferred. */
export interface ArtifactPolicy {
  /** False for `--no-artifacts`: none are looked at, none are listed. */
  readonly enabled: boolean;
  readonly rules: readonly ArtifactRule[];
  /** Bytes, for images and audio. */
  readonly maxSize: number;
  /** Bytes, for text. */
  readonly maxTextSize: number;
  /** The first text file that matches becomes the terminal log. */
  readonly terminalLog?: string;
}

/**
 * What becomes of a converted run that MLflow deletes or loses: archived in Aim, removed from it, or left as it is.
 */
export type DeletedPolicy = 'archive' | 'remove' | 'keep';

export const DEFAULT_DELETED: DeletedPolicy = 'archive';

export const DEFAULT_MAPPING: MappingPolicy = { repeatedSteps: 'auto', rawParams: false, staleAfter: 24 * 3600_000 };

export const DEFAULT_ARTIFACTS: ArtifactPolicy = {
  enabled: true,
  rules: [],
  maxSize: 100_000_000,
  maxTextSize: 10_000_000,
};

/** What the user says about what is missing: run ids, and paths or URIs that artifacts or runs lie below. */
export interface AcceptedChanges {
  readonly accept: readonly string[];
  /** What was accepted once and is no longer. */
  readonly unaccept: readonly string[];
}

export const NOTHING_ACCEPTED: AcceptedChanges = { accept: [], unaccept: [] };
