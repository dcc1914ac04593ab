import { ConvertError } from '../errors.js';
import type { RunStatus } from '../model.js';
import type { RunSelection, SourceOptions, WatchOptions } from '../options.js';
import type {
  AcceptedChanges,
  ArtifactPolicy,
  DeletedPolicy,
  ImageSequences,
  MappingPolicy,
  RepeatedSteps,
} from '../policies.js';
import type { VerifyOptions } from '../verify.js';
import {
  ABOVE_ZERO,
  AMOUNT,
  ANYTHING,
  CONTEXTS,
  COUNT,
  LABELS,
  MOMENT,
  oneOf,
  RULES,
  SHARE,
  type Shape,
  SWITCH,
  someOf,
  TEXT,
  TEXTS,
} from './option-shapes.js';

/** Each name of a type, so that none is forgotten here, and what its value has to be. */
type Names<T> = Readonly<Record<keyof T, Shape>>;

const STATUSES: Readonly<Record<RunStatus, true>> = {
  RUNNING: true,
  SCHEDULED: true,
  FINISHED: true,
  FAILED: true,
  KILLED: true,
};
const REPEATED_STEPS: Readonly<Record<RepeatedSteps, true>> = { auto: true, last: true, split: true, index: true };
const IMAGE_SEQUENCES: Readonly<Record<ImageSequences, true>> = { file: true, directory: true };
const DELETED: Readonly<Record<DeletedPolicy, true>> = { archive: true, remove: true, keep: true };
const DEPTHS: Readonly<Record<NonNullable<VerifyOptions['depth']>, true>> = {
  full: true,
  quick: true,
  files: true,
};

const SELECTION: Names<RunSelection> = {
  experiments: TEXTS,
  excludeExperiments: TEXTS,
  runIds: TEXTS,
  runNames: TEXTS,
  since: MOMENT,
  until: MOMENT,
  statuses: someOf(STATUSES),
  maxRuns: COUNT,
  filter: TEXT,
};

const SOURCE: Names<SourceOptions> = {
  concurrency: COUNT,
  requestsPerSecond: ABOVE_ZERO,
  artifactsDestination: TEXT,
  workspace: TEXT,
  allowRoots: TEXTS,
  copyLinks: SWITCH,
  trustOrigins: TEXTS,
};

const MAPPING: Names<MappingPolicy> = {
  repeatedSteps: oneOf(REPEATED_STEPS),
  rawParams: SWITCH,
  staleAfter: AMOUNT,
  labels: LABELS,
  mlflowUi: TEXT,
  contexts: CONTEXTS,
};

const ARTIFACTS: Names<ArtifactPolicy> = {
  enabled: SWITCH,
  rules: RULES,
  maxSize: AMOUNT,
  maxTextSize: AMOUNT,
  imageSequences: oneOf(IMAGE_SEQUENCES),
  terminalLog: TEXT,
};

const MISSING: Names<AcceptedChanges> = { accept: TEXTS, unaccept: TEXTS };

/** Options, each with the names that it consists of, if it is an object of some. */
type Known<Name extends string> = Readonly<Record<Name, Shape | Readonly<Record<string, Shape>>>>;

export const WATCH_OPTIONS: Known<keyof WatchOptions> = {
  trackingUri: ANYTHING,
  repo: ANYTHING,
  selection: SELECTION,
  force: SWITCH,
  includeDeleted: SWITCH,
  deleted: oneOf(DELETED),
  overwrite: SWITCH,
  restoreRemoved: SWITCH,
  missing: MISSING,
  concurrency: ANYTHING,
  inProcess: SWITCH,
  source: SOURCE,
  mapping: MAPPING,
  artifacts: ARTIFACTS,
  interval: ABOVE_ZERO,
  reconcile: ABOVE_ZERO,
  poll: SWITCH,
  waitForSource: SWITCH,
};

export const VERIFY_OPTIONS: Known<keyof VerifyOptions> = {
  trackingUri: ANYTHING,
  repo: ANYTHING,
  selection: SELECTION,
  depth: oneOf(DEPTHS),
  sample: SHARE,
  includeDeleted: SWITCH,
  mapping: MAPPING,
  artifacts: ARTIFACTS,
  source: SOURCE,
  concurrency: ANYTHING,
  inProcess: SWITCH,
};

/**
 * Throws a `fatal` error for an option that does not exist, or has a value that it cannot have: ignored, it would convert more than
 * what was meant, or differently. What is undefined counts as absent.
 */
export function checkNames(given: object, options: Known<string>, path = ''): void {
  for (const [name, value] of Object.entries(given)) {
    const known = Object.hasOwn(options, name) ? options[name] : undefined;
    if (known === undefined) throw invalid(`There is no option ${path}${name}.`);
    if (value === undefined) continue;
    if (isShape(known)) {
      if (!known.isValid(value)) throw invalid(`${path}${name} has to be ${known.says}.`);
    } else {
      if (typeof value !== 'object' || value === null) throw invalid(`${path}${name} has to be an object.`);
      checkNames(value, known, `${path}${name}.`);
    }
  }
}

function isShape(known: Shape | Readonly<Record<string, Shape>>): known is Shape {
  return typeof known.isValid === 'function';
}

function invalid(message: string): ConvertError {
  return new ConvertError('fatal', 'invalid-argument', message);
}
