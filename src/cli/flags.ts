import type {
  ArtifactRule,
  ContextRule,
  DeletedPolicy,
  ImageSequences,
  LabelRule,
  RepeatedSteps,
} from '../policies.js';
import type { ListenAddress } from './options/values.js';
import type { SelectionFlags } from './selection.js';

/** The flags that say what is read and how, as commander hands them over. */
export interface SourceFlags extends SelectionFlags {
  readonly trackingUri?: string;
  readonly artifactsDestination?: string;
  readonly allowRoot?: readonly string[];
  readonly copyLinks?: true;
  readonly trustOrigin?: readonly string[];
  readonly concurrency: number;
  readonly requestsPerSecond?: number;
  readonly workspace?: string;
}

/** The flags that say what is converted into what, and how. */
export interface OptionFlags extends SourceFlags {
  readonly repo: string;
  readonly includeDeleted?: true;
  readonly deleted: DeletedPolicy;
  readonly force?: true;
  readonly overwrite?: true;
  readonly restoreRemoved?: true;
  readonly acceptMissing: readonly string[];
  readonly unacceptMissing: readonly string[];
  readonly repeatedSteps: RepeatedSteps;
  /** The rules of each `--context`. */
  readonly context: readonly (readonly ContextRule[])[];
  readonly rawParams?: true;
  readonly staleAfter: number;
  readonly label: readonly LabelRule[];
  readonly mlflowUi?: string;
  readonly artifacts: boolean;
  /** Of --include-artifacts and --exclude-artifacts, in the order given. */
  readonly artifactRules: readonly ArtifactRule[];
  readonly maxArtifactSize: number;
  readonly maxTextSize: number;
  readonly imageSequences: ImageSequences;
  readonly terminalLog?: string;
  readonly quiet?: true;
}

/** The flags of `plan`. */
export interface PlanFlags extends OptionFlags {
  readonly json?: true;
  readonly detailedExitcode?: true;
}

/** The flags of `convert`. */
export interface ConvertFlags extends PlanFlags {
  readonly dryRun?: true;
  readonly verbose?: true;
  readonly logFormat: 'text' | 'json';
  readonly logFile?: string;
  readonly report: readonly string[];
  readonly color: boolean;
  readonly watch?: true;
  readonly verify?: true;
  readonly interval: number;
  readonly reconcile: number;
  readonly poll?: true;
  readonly waitForSource?: true;
  readonly listen?: ListenAddress;
}

/** Whether a flag is on the command line; a flag of environment or file that does not fit is left out of account. */
export type IsGiven = (flag: keyof ConvertFlags) => boolean;

/** The flags of `list`. */
export interface ListFlags extends SourceFlags {
  readonly json?: true;
}

/** The flags of `status`. */
export interface StatusFlags {
  readonly repo: string;
  readonly incomplete?: true;
  readonly warnings?: true;
  readonly json?: true;
}

/** The flags of `config`. */
export interface ConfigFlags {
  readonly config?: string | false;
  readonly check?: true;
  readonly json?: true;
}
