/** What the user decides about the mapping (docs/mapping.md). */

export type RepeatedSteps = 'auto' | 'last' | 'split' | 'index';

/**
 * Metrics that get a context (`--context`): those whose key begins and ends so, with something between that becomes their name.
 * The first rule of a context that matches decides about that context.
 */
export interface ContextRule {
  /** The key in Aim's context, as `subset`. */
  readonly context: string;
  readonly value: string;
  readonly prefix: string;
  readonly suffix: string;
}

/** Contexts that sequences have anyhow, which a {@link ContextRule} may not use. */
export const OWN_CONTEXTS: ReadonlySet<string> = new Set([
  'dataset',
  'digest',
  'file',
  'gpu',
  'key',
  'node',
  'repeat',
  'source',
  'type',
]);

/** How attributes and points are mapped. */
export interface MappingPolicy {
  readonly repeatedSteps: RepeatedSteps;
  /** Keep every param as a string. */
  readonly rawParams: boolean;
  /** A RUNNING run for which nothing was logged for this long is closed; milliseconds, `Infinity` for never. */
  readonly staleAfter: number;
  /** Which tags become labels; of those that match a key the last one decides about the colour. */
  readonly labels: readonly LabelRule[];
  /** Where MLflow's UI shows the runs, without credentials; absent for a tracking server's own address. */
  readonly mlflowUi?: string;
  readonly contexts: readonly ContextRule[];
}

/** One `--label`: tags whose key matches the glob become labels, in this colour (`#RRGGBB`) or one that follows from their name. */
export interface LabelRule {
  readonly glob: string;
  readonly color?: string;
}

/** One `--include-artifacts` or `--exclude-artifacts`; the last rule that matches decides. */
export interface ArtifactRule {
  readonly include: boolean;
  readonly glob: string;
}

/** What images and audio files in directories become: a sequence for each file, or one for each directory. */
export type ImageSequences = 'file' | 'directory';

/** Which artifacts are transferred, and as what. */
export interface ArtifactPolicy {
  /** False for `--no-artifacts`: artifacts are neither transferred nor linked. */
  readonly enabled: boolean;
  readonly rules: readonly ArtifactRule[];
  /** Bytes, for an image or audio file. */
  readonly maxSize: number;
  /** Bytes, for a text file. */
  readonly maxTextSize: number;
  /** Of those in directories. One that lies at the top is a sequence of its own. */
  readonly imageSequences: ImageSequences;
  /** A pattern; the first text file that matches becomes the terminal log. */
  readonly terminalLog?: string;
}

/** What happens to a converted run that is later deleted in MLflow: archived in Aim, removed from Aim, or left as it is. */
export type DeletedPolicy = 'archive' | 'remove' | 'keep';

export const DEFAULT_DELETED: DeletedPolicy = 'archive';

export const DEFAULT_MAPPING: MappingPolicy = {
  repeatedSteps: 'auto',
  rawParams: false,
  staleAfter: 24 * 3600_000,
  labels: [],
  contexts: [],
};

export const DEFAULT_ARTIFACTS: ArtifactPolicy = {
  enabled: true,
  rules: [],
  maxSize: 100_000_000,
  maxTextSize: 10_000_000,
  imageSequences: 'directory',
};

/** Parts that cannot be read and that the user accepts as gone: run ids, and paths or URIs of the artifacts or runs below them. */
export interface AcceptedChanges {
  readonly accept: readonly string[];
  /** What is no longer accepted. */
  readonly unaccept: readonly string[];
}

export const NOTHING_ACCEPTED: AcceptedChanges = { accept: [], unaccept: [] };
