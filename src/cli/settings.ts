import { basename, dirname } from 'node:path';
import type { ConvertOptions } from '../convert-options.js';
import type { ArtifactRule } from '../policies.js';
import type { ConvertFlags } from './program.js';

/** Where MLflow keeps its data when nobody says anything. */
export const DEFAULT_TRACKING_URI = './mlruns';

/** What a `convert` command asks for. */
export interface ConvertSettings {
  readonly options: ConvertOptions;
  /** True when neither a flag nor the environment named the source. */
  readonly sourceAssumed: boolean;
  readonly quiet: boolean;
  readonly logFormat: 'text' | 'json';
  readonly color: boolean;
  readonly report?: string;
}

/** Thrown for flags that make no sense; the message is a sentence. */
export class SettingsError extends Error {}

/**
 * Settings from the flags of `convert` and the environment (MLFLOW_TRACKING_URI, NO_COLOR).
 * @throws SettingsError
 */
export function convertSettings(
  flags: ConvertFlags,
  rules: readonly ArtifactRule[],
  env: Readonly<Record<string, string | undefined>>,
): ConvertSettings {
  const named = flags.trackingUri ?? env.MLFLOW_TRACKING_URI?.trim();
  const sourceAssumed = named === undefined || named === '';
  return {
    options: {
      trackingUri: sourceAssumed ? DEFAULT_TRACKING_URI : named,
      repo: repoDirectory(flags.repo),
      experiments: flags.experiment,
      includeDeleted: flags.includeDeleted ?? false,
      overwrite: flags.overwrite ?? false,
      restoreRemoved: flags.restoreRemoved ?? false,
      concurrency: flags.concurrency,
      source: { concurrency: flags.concurrency },
      mapping: {
        repeatedSteps: flags.repeatedSteps,
        rawParams: flags.rawParams ?? false,
        staleAfter: flags.staleAfter,
      },
      artifacts: {
        enabled: flags.artifacts,
        rules,
        maxSize: flags.maxArtifactSize,
        maxTextSize: flags.maxTextSize,
        ...(flags.terminalLog === undefined ? {} : { terminalLog: flags.terminalLog }),
      },
    },
    sourceAssumed,
    quiet: flags.quiet ?? false,
    logFormat: flags.logFormat,
    color: flags.color && !env.NO_COLOR,
    ...(flags.report === undefined ? {} : { report: flags.report }),
  };
}

/** Aim's users name the directory that holds `.aim`, or `.aim` itself: both mean the same. */
function repoDirectory(repo: string): string {
  if (repo.startsWith('aim://')) {
    throw new SettingsError(`--repo takes a directory; the remote Aim server ${repo} cannot be written to.`);
  }
  return basename(repo) === '.aim' ? dirname(repo) : repo;
}
