import type { ListOptions } from '../plan/list.js';
import type { ConvertFlags, IsGiven, ListFlags, PlanFlags } from './flags.js';
import { withoutPage } from './page-flags.js';
import { experimentsOf } from './selection.js';
import { type ConvertSettings, convertOptions, sourceOptions } from './settings.js';
import { SettingsError } from './settings-error.js';

/** What a `plan` command asks for. */
export interface PlanSettings extends Pick<ConvertSettings, 'options' | 'sourceAssumed' | 'quiet'> {
  readonly json: boolean;
  /** End with 5 if a conversion would change something. */
  readonly detailedExitCode: boolean;
}

/** What a `list` command asks for. */
export interface ListSettings extends Pick<ConvertSettings, 'sourceAssumed'> {
  readonly options: ListOptions;
  readonly json: boolean;
}

/** Settings from the flags of `plan`. @throws SettingsError */
export function planSettings(given: PlanFlags): PlanSettings {
  const flags = withoutPage(given);
  return {
    ...convertOptions(flags),
    json: flags.json ?? false,
    quiet: flags.quiet ?? false,
    detailedExitCode: flags.detailedExitcode ?? false,
  };
}

/** Flags that a dry run cannot heed. */
const OF_CONVERSIONS = [
  ['watch', '--watch'],
  ['report', '--report'],
  ['logFormat', '--log-format'],
] as const;

/** Flags that only a dry run heeds. */
const OF_DRY_RUNS = [
  ['json', '--json'],
  ['detailedExitcode', '--detailed-exitcode'],
] as const;

/**
 * Settings of a plan from the flags of `convert --dry-run`; undefined without that flag.
 * @throws SettingsError
 */
export function dryRunSettings(flags: ConvertFlags, isGiven: IsGiven): PlanSettings | undefined {
  const [, name] = (flags.dryRun ? OF_CONVERSIONS : OF_DRY_RUNS).find(([flag]) => isGiven(flag)) ?? [];
  if (flags.dryRun && name !== undefined) {
    throw new SettingsError(`${name} cannot be used with --dry-run; --json prints the plan as JSON.`);
  }
  if (name !== undefined) throw new SettingsError(`${name} requires --dry-run.`);
  return flags.dryRun ? planSettings(flags) : undefined;
}

/** Settings from the flags of `list`. @throws SettingsError */
export function listSettings(given: ListFlags): ListSettings {
  const flags = withoutPage(given);
  const { trackingUri, concurrency, json = false } = flags;
  const selection = experimentsOf(flags);
  const options = { trackingUri: trackingUri ?? '', selection, concurrency, source: sourceOptions(flags) };
  return { options, sourceAssumed: trackingUri === undefined, json };
}
