import { Option } from 'commander';
import { runningOptions } from './running-options.js';
import { selectionOptions } from './selection-options.js';
import { sourceOptions } from './source-options.js';

/** Of what a plan found. */
export function planOptions(): Option[] {
  return [
    new Option('--json', 'print the plan as JSON'),
    new Option('--detailed-exitcode', 'end with 5 if a conversion would change something, with 0 if not'),
  ];
}

export function dryRunOptions(): Option[] {
  const dryRun = new Option('--dry-run', 'print what would be done, what it takes, and what Aim cannot hold; see plan');
  return [dryRun, ...planOptions()];
}

export function quietOption(): Option {
  return new Option('--quiet', 'show no progress');
}

const PACE: ReadonlySet<string | undefined> = new Set(['--concurrency', '--requests-per-second']);

/** How fast a command that only reads may be. */
export function paceOptions(): Option[] {
  return runningOptions().filter(({ long }) => PACE.has(long));
}

const LISTED: ReadonlySet<string | undefined> = new Set([
  '--tracking-uri',
  '--workspace',
  '--experiment',
  '--exclude-experiment',
]);

export function listOptions(): Option[] {
  const all = [...sourceOptions(), ...selectionOptions()];
  return [...all.filter(({ long }) => LISTED.has(long)), ...paceOptions(), new Option('--json', 'print JSON')];
}
