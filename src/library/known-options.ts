import { ConvertError } from '../errors.js';
import type { RunSelection, SourceOptions, WatchOptions } from '../options.js';
import type { AcceptedChanges, ArtifactPolicy, MappingPolicy } from '../policies.js';
import type { VerifyOptions } from '../verify.js';

/** Each name of a type, so that none is forgotten here. */
type Names<T> = Readonly<Record<keyof T, true>>;

const SELECTION: Names<RunSelection> = {
  experiments: true,
  excludeExperiments: true,
  runIds: true,
  runNames: true,
  since: true,
  until: true,
  statuses: true,
  maxRuns: true,
  filter: true,
};

const SOURCE: Names<SourceOptions> = {
  concurrency: true,
  requestsPerSecond: true,
  artifactsDestination: true,
  workspace: true,
  allowRoots: true,
  copyLinks: true,
  trustOrigins: true,
};

const MAPPING: Names<MappingPolicy> = {
  repeatedSteps: true,
  rawParams: true,
  staleAfter: true,
  labels: true,
  mlflowUi: true,
};

const ARTIFACTS: Names<ArtifactPolicy> = {
  enabled: true,
  rules: true,
  maxSize: true,
  maxTextSize: true,
  terminalLog: true,
};

const MISSING: Names<AcceptedChanges> = { accept: true, unaccept: true };

/** Options, each with the names that it consists of, if it is an object of some. */
type Known<Name extends string> = Readonly<Record<Name, true | Readonly<Record<string, true>>>>;

export const WATCH_OPTIONS: Known<keyof WatchOptions> = {
  trackingUri: true,
  repo: true,
  selection: SELECTION,
  force: true,
  includeDeleted: true,
  deleted: true,
  overwrite: true,
  restoreRemoved: true,
  missing: MISSING,
  concurrency: true,
  inProcess: true,
  source: SOURCE,
  mapping: MAPPING,
  artifacts: ARTIFACTS,
  interval: true,
  reconcile: true,
  poll: true,
  waitForSource: true,
};

export const VERIFY_OPTIONS: Known<keyof VerifyOptions> = {
  trackingUri: true,
  repo: true,
  selection: SELECTION,
  depth: true,
  sample: true,
  includeDeleted: true,
  mapping: MAPPING,
  artifacts: ARTIFACTS,
  source: SOURCE,
  concurrency: true,
  inProcess: true,
};

/**
 * Throws a `fatal` error for an option that there is not: left alone, a misspelt one would convert more than what was meant, or
 * otherwise.
 */
export function checkNames(given: object, options: Known<string>): void {
  for (const [name, value] of Object.entries(given)) {
    const known = Object.hasOwn(options, name) ? options[name] : undefined;
    if (known === undefined) throw unknown(name);
    if (known === true || value === undefined) continue;
    if (typeof value !== 'object' || value === null) throw invalid(`${name} has to be an object.`);
    for (const inner of Object.keys(value)) if (!Object.hasOwn(known, inner)) throw unknown(`${name}.${inner}`);
  }
}

function unknown(name: string): ConvertError {
  return invalid(`There is no option ${name}.`);
}

function invalid(message: string): ConvertError {
  return new ConvertError('fatal', 'invalid-argument', message);
}
