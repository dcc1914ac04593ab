import { basename, dirname } from 'node:path';
import type { ConvertOptions, SourceOptions, WatchPolicy } from '../options.js';
import type { ConvertFlags, StatusFlags } from './flags.js';
import type { ListenAddress } from './options/values.js';

/** What a `convert` command asks for. */
export interface ConvertSettings {
  readonly options: ConvertOptions;
  /** True when neither a flag nor the environment names the source; the tracking URI is then empty. */
  readonly sourceAssumed: boolean;
  readonly quiet: boolean;
  readonly logFormat: 'text' | 'json';
  readonly color: boolean;
  readonly report?: string;
  /** Present for a watch. */
  readonly watch?: WatchSettings;
}

export interface WatchSettings {
  readonly options: WatchPolicy;
  readonly listen?: ListenAddress;
}

/** What a `status` command asks for. */
export interface StatusSettings {
  /** The directory that holds `.aim`. */
  readonly repo: string;
  /** List every incomplete run. */
  readonly incomplete: boolean;
  readonly json: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Flags that contradict each other; the message is a sentence. */
export class SettingsError extends Error {}

/**
 * Settings from the flags of `convert` and the environment (MLFLOW_TRACKING_URI, NO_COLOR).
 * @throws SettingsError
 */
export function convertSettings(flags: ConvertFlags, env: Environment): ConvertSettings {
  checkWatchFlags(flags);
  const named = flags.trackingUri ?? env.MLFLOW_TRACKING_URI?.trim();
  const sourceAssumed = named === undefined || named === '';
  return {
    options: {
      trackingUri: sourceAssumed ? '' : named,
      repo: repoDirectory(flags.repo),
      experiments: flags.experiment,
      includeDeleted: flags.includeDeleted ?? false,
      deleted: flags.deleted,
      overwrite: flags.overwrite ?? false,
      restoreRemoved: flags.restoreRemoved ?? false,
      missing: { accept: flags.acceptMissing, unaccept: flags.unacceptMissing },
      concurrency: flags.concurrency,
      source: sourceOptions(flags, env),
      mapping: {
        repeatedSteps: flags.repeatedSteps,
        rawParams: flags.rawParams ?? false,
        staleAfter: flags.staleAfter,
      },
      artifacts: {
        enabled: flags.artifacts,
        rules: flags.artifactRules,
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
    ...(flags.watch === undefined ? {} : { watch: watchSettings(flags) }),
  };
}

function sourceOptions(flags: ConvertFlags, env: Environment): SourceOptions {
  const { concurrency, requestsPerSecond, artifactsDestination, workspace = env.MLFLOW_WORKSPACE } = flags;
  const { allowRoot, copyLinks, trustOrigin } = flags;
  return {
    concurrency,
    ...(requestsPerSecond !== undefined && { requestsPerSecond }),
    ...(artifactsDestination !== undefined && { artifactsDestination }),
    ...(workspace && { workspace }),
    ...(allowRoot.length > 0 && { allowRoots: allowRoot }),
    ...(copyLinks !== undefined && { copyLinks }),
    ...(trustOrigin.length > 0 && { trustOrigins: trustOrigin }),
  };
}

function watchSettings({ interval, reconcile, poll, listen }: ConvertFlags): WatchSettings {
  const options = { interval, reconcile, poll: poll ?? false };
  return listen === undefined ? { options } : { options, listen };
}

/** A report describes one conversion, and only a watch lasts long enough to be served. */
function checkWatchFlags({ watch, report, poll, listen }: ConvertFlags): void {
  if (watch !== undefined && report !== undefined) {
    throw new SettingsError(
      '--report describes one conversion and cannot be used with a watch; use --log-format json or the status command.',
    );
  }
  if (watch === undefined && (poll !== undefined || listen !== undefined)) {
    throw new SettingsError(`${poll === undefined ? '--listen' : '--poll'} requires --watch.`);
  }
}

/** @throws SettingsError */
export function statusSettings(flags: StatusFlags): StatusSettings {
  return { repo: repoDirectory(flags.repo), incomplete: flags.incomplete ?? false, json: flags.json ?? false };
}

/** Aim accepts the directory that contains `.aim` as well as `.aim` itself; so does this. */
function repoDirectory(repo: string): string {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(repo)) {
    throw new SettingsError(`--repo must be a local directory; remote repositories such as ${repo} are not supported.`);
  }
  return basename(repo) === '.aim' ? dirname(repo) : repo;
}
