import { basename, dirname, resolve } from 'node:path';
import type { ConvertOptions, SourceOptions, WatchPolicy } from '../options.js';
import type { ConfigFlags, ConvertFlags, IsGiven, OptionFlags, SourceFlags, StatusFlags } from './flags.js';
import type { ListenAddress } from './options/values.js';
import { withoutPage } from './page-flags.js';
import { type SelectionFlags, selectionOf } from './selection.js';
import { SettingsError } from './settings-error.js';

/** What a `convert` command asks for. */
export interface ConvertSettings {
  readonly options: ConvertOptions;
  /** True when nothing names the source; the tracking URI is then empty. */
  readonly sourceAssumed: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly logFormat: 'text' | 'json';
  readonly color: boolean;
  readonly reports: readonly string[];
  readonly logFile?: string;
  /** Compare with MLflow what was converted; not with a watch. */
  readonly verify: boolean;
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
  /** List every run of which something was lost or changed. */
  readonly warnings: boolean;
  readonly json: boolean;
}

/** What a `config` command asks for. */
export interface ConfigSettings {
  /** Whose flags are shown; all when undefined. */
  readonly command: string | undefined;
  /** The file that the command line names; `false` for none. */
  readonly config: string | false | undefined;
  /** Only look for problems. */
  readonly check: boolean;
  readonly json: boolean;
}

/**
 * Settings from the flags of `convert`, wherever they were set.
 * @throws SettingsError
 */
export function convertSettings(given: ConvertFlags, isGiven: IsGiven): ConvertSettings {
  const flags = withoutPage(given);
  checkWatchFlags(flags, isGiven);
  return {
    ...convertOptions(flags),
    quiet: flags.quiet ?? false,
    verbose: flags.verbose ?? false,
    logFormat: flags.logFormat,
    color: flags.color,
    reports: flags.watch ? [] : reportFiles(flags.report),
    ...(flags.logFile === undefined ? {} : { logFile: flags.logFile }),
    verify: flags.verify ?? false,
    ...(flags.watch === undefined ? {} : { watch: watchSettings(flags) }),
  };
}

/** What is converted into what, and how. */
export function convertOptions(flags: OptionFlags): Pick<ConvertSettings, 'options' | 'sourceAssumed'> {
  return {
    options: {
      trackingUri: flags.trackingUri ?? '',
      repo: repoDirectory(flags.repo),
      selection: selectionOf(flags),
      includeDeleted: flags.includeDeleted ?? false,
      deleted: flags.deleted,
      force: flags.force ?? false,
      overwrite: flags.overwrite ?? false,
      restoreRemoved: flags.restoreRemoved ?? false,
      missing: { accept: flags.acceptMissing, unaccept: flags.unacceptMissing },
      concurrency: flags.concurrency,
      source: sourceOptions(flags),
      mapping: {
        repeatedSteps: flags.repeatedSteps,
        rawParams: flags.rawParams ?? false,
        staleAfter: flags.staleAfter,
        labels: flags.label,
        ...(flags.mlflowUi === undefined ? {} : { mlflowUi: flags.mlflowUi }),
        contexts: flags.context.flat(),
      },
      artifacts: {
        enabled: flags.artifacts,
        rules: flags.artifactRules,
        maxSize: flags.maxArtifactSize,
        maxTextSize: flags.maxTextSize,
        imageSequences: flags.imageSequences,
        ...(flags.terminalLog === undefined ? {} : { terminalLog: flags.terminalLog }),
      },
    },
    sourceAssumed: flags.trackingUri === undefined,
  };
}

/** The flags by which any command reads a source. */
export type ReadingFlags = Omit<SourceFlags, keyof SelectionFlags | 'trackingUri'>;

/** How the source is read. */
export function sourceOptions(flags: ReadingFlags): SourceOptions {
  const { concurrency, requestsPerSecond, artifactsDestination, workspace } = flags;
  const { allowRoot = [], copyLinks, trustOrigin = [] } = flags;
  return {
    concurrency,
    ...(requestsPerSecond !== undefined && { requestsPerSecond }),
    ...(artifactsDestination !== undefined && { artifactsDestination }),
    ...(workspace !== undefined && { workspace }),
    ...(allowRoot.length > 0 && { allowRoots: allowRoot }),
    ...(copyLinks !== undefined && { copyLinks }),
    ...(trustOrigin.length > 0 && { trustOrigins: trustOrigin }),
  };
}

/**
 * The files of --report, each of which can be written once.
 * @throws SettingsError
 */
export function reportFiles(files: readonly string[]): readonly string[] {
  const places = files.map((file) => resolve(file));
  const twice = files.find((_, i) => places.indexOf(places[i]!) < i);
  if (twice !== undefined) throw new SettingsError(`--report ${twice} is given twice.`);
  return files;
}

function watchSettings({ interval, reconcile, poll, waitForSource, listen }: ConvertFlags): WatchSettings {
  const options = { interval, reconcile, poll: poll ?? false, waitForSource: waitForSource ?? false };
  return listen === undefined ? { options } : { options, listen };
}

/** A report describes one conversion, and only a watch lasts long enough to be served. Set elsewhere, they wait for a command they fit. */
function checkWatchFlags({ watch }: ConvertFlags, isGiven: IsGiven): void {
  if (watch !== undefined && isGiven('report')) {
    throw new SettingsError(
      '--report describes one conversion and cannot be used with a watch; use --log-format json or the status command.',
    );
  }
  if (watch !== undefined && isGiven('verify')) {
    throw new SettingsError(
      '--verify comes after a conversion, and a watch goes on; use the verify command beside it.',
    );
  }
  if (watch !== undefined) return;
  const ofWatches = { poll: '--poll', waitForSource: '--wait-for-source', listen: '--listen' } as const;
  for (const name of Object.keys(ofWatches) as (keyof typeof ofWatches)[]) {
    if (isGiven(name)) throw new SettingsError(`${ofWatches[name]} requires --watch.`);
  }
}

/** @throws SettingsError */
export function statusSettings(flags: StatusFlags): StatusSettings {
  const { repo, incomplete = false, warnings = false, json = false } = flags;
  return { repo: repoDirectory(repo), incomplete, warnings, json };
}

export function configSettings({ config, check, json }: ConfigFlags, command: string | undefined): ConfigSettings {
  return { command, config, check: check ?? false, json: json ?? false };
}

/**
 * Aim accepts the directory that contains `.aim` as well as `.aim` itself; so does this.
 * @throws SettingsError
 */
export function repoDirectory(repo: string): string {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(repo)) {
    throw new SettingsError(`--repo must be a local directory; remote repositories such as ${repo} are not supported.`);
  }
  return basename(repo) === '.aim' ? dirname(repo) : repo;
}
