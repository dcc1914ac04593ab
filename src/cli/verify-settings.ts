import type {
  ArtifactPolicy,
  ArtifactRule,
  ContextRule,
  ImageSequences,
  LabelRule,
  MappingPolicy,
  RepeatedSteps,
} from '../policies.js';
import type { VerifyOptions } from '../verify.js';
import { withoutPage } from './page-flags.js';
import { SELECTING, type SelectionFlags, selectionOf } from './selection.js';
import { type ReadingFlags, repoDirectory, reportFiles, sourceOptions } from './settings.js';
import { SettingsError } from './settings-error.js';

/** The flags of `verify` as commander hands them over. */
export interface VerifyFlags extends SelectionFlags, ReadingFlags {
  readonly trackingUri?: string;
  readonly repo: string;
  readonly includeDeleted?: true;
  readonly sample?: number;
  readonly quick?: true;
  readonly files?: true;
  readonly repair?: true;
  readonly repeatedSteps?: RepeatedSteps;
  readonly context: readonly (readonly ContextRule[])[];
  readonly rawParams?: true;
  readonly staleAfter?: number;
  readonly label: readonly LabelRule[];
  readonly mlflowUi?: string;
  readonly artifacts: boolean;
  readonly artifactRules: readonly ArtifactRule[];
  readonly maxArtifactSize?: number;
  readonly maxTextSize?: number;
  readonly imageSequences?: ImageSequences;
  readonly terminalLog?: string;
  readonly differences?: string;
  readonly report: readonly string[];
  readonly json?: true;
  readonly logFormat: 'text' | 'json';
  readonly logFile?: string;
  readonly quiet?: true;
}

/** What a `verify` command asks for. */
export interface VerifySettings {
  readonly options: VerifyOptions;
  /** Convert again what differs or is missing, and verify that. */
  readonly repair: boolean;
  readonly differences?: string;
  readonly reports: readonly string[];
  readonly json: boolean;
  readonly logFormat: 'text' | 'json';
  readonly logFile?: string;
  readonly quiet: boolean;
}

/**
 * Settings from the flags of `verify`, wherever they were set. A policy that is set goes before that of the last conversion.
 * @param isGiven whether a flag is on the command line; others that need a source wait for one
 * @throws SettingsError
 */
export function verifySettings(given: VerifyFlags, isGiven: (flag: keyof VerifyFlags) => boolean): VerifySettings {
  const flags = withoutPage(given);
  const isSourced = flags.trackingUri !== undefined;
  if (!isSourced && SELECTING.some(isGiven)) {
    throw new SettingsError(
      'Runs can be chosen where --tracking-uri (or MLFLOW_TRACKING_URI) says with what the repository is compared.',
    );
  }
  if (!isSourced && isGiven('repair')) {
    throw new SettingsError('--repair needs --tracking-uri (or MLFLOW_TRACKING_URI), to convert from.');
  }
  const { concurrency: _, ...source } = sourceOptions(flags);
  return {
    options: {
      ...(flags.trackingUri !== undefined && { trackingUri: flags.trackingUri }),
      repo: repoDirectory(flags.repo),
      selection: isSourced ? selectionOf(flags) : {},
      ...(flags.sample !== undefined && { sample: flags.sample }),
      includeDeleted: flags.includeDeleted ?? false,
      depth: flags.quick ? 'quick' : flags.files ? 'files' : 'full',
      mapping: mappingOf(flags),
      artifacts: artifactsOf(flags),
      source,
      concurrency: flags.concurrency,
    },
    repair: isSourced && (flags.repair ?? false),
    ...(flags.differences !== undefined && { differences: flags.differences }),
    reports: reportFiles(flags.report),
    ...(flags.logFile !== undefined && { logFile: flags.logFile }),
    json: flags.json ?? false,
    logFormat: flags.logFormat,
    quiet: flags.quiet ?? false,
  };
}

function mappingOf(flags: VerifyFlags): Partial<MappingPolicy> {
  const { repeatedSteps, context, rawParams, staleAfter, label, mlflowUi } = flags;
  return {
    ...(repeatedSteps !== undefined && { repeatedSteps }),
    ...(context.length > 0 && { contexts: context.flat() }),
    ...(rawParams !== undefined && { rawParams }),
    ...(staleAfter !== undefined && { staleAfter }),
    ...(label.length > 0 && { labels: label }),
    ...(mlflowUi !== undefined && { mlflowUi }),
  };
}

function artifactsOf(flags: VerifyFlags): Partial<ArtifactPolicy> {
  const { artifacts, artifactRules, maxArtifactSize, maxTextSize, imageSequences, terminalLog } = flags;
  return {
    ...(!artifacts && { enabled: false }),
    ...(artifactRules.length > 0 && { rules: artifactRules }),
    ...(maxArtifactSize !== undefined && { maxSize: maxArtifactSize }),
    ...(maxTextSize !== undefined && { maxTextSize }),
    ...(imageSequences !== undefined && { imageSequences }),
    ...(terminalLog !== undefined && { terminalLog }),
  };
}
