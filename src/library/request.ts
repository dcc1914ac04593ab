import type { OwnParts } from '../conversion/own-parts.js';
import { ConvertError } from '../errors.js';
import type { ConvertEvents } from '../events.js';
import type { OpenStore } from '../mlflow/common/tracking-store.js';
import { type ConvertOptions, MAX_CONCURRENCY, type WatchOptions } from '../options.js';
import type { CustomStages } from '../stages/custom-stages.js';
import type { VerifyEvents } from '../verify/session/verify-events.js';
import { checkNames, WATCH_OPTIONS } from './known-options.js';

/** How a program stops the work, and hears of it. */
export interface ProgramParts<Events> {
  /** Stops the work. The repository holds only whole runs then, and the same call goes on from there. */
  readonly signal?: AbortSignal | undefined;
  /** Told of everything that happens, run by run. Listeners are called synchronously and must not throw. */
  readonly events?: Events | undefined;
}

/** Reads what a tracking URI names. */
export interface FromTrackingUri {
  readonly openStore?: undefined;
}

/** Reads a source of the program's own. The work is then done in the calling thread. */
export interface FromOwnStore {
  /** Called when the work begins (with `waitForSource` until it succeeds); the store is closed when the work ends. */
  readonly openStore: OpenStore;
  readonly trackingUri?: undefined;
  readonly source?: undefined;
}

/** Options, and what only a program can give. */
export type SourceRequest<Options, Events> = ProgramParts<Events> &
  ((Options & FromTrackingUri) | (Omit<Options, 'trackingUri' | 'source'> & FromOwnStore));

/** What converts can have stages between. */
export interface WithStages {
  /** Stages of the program's own between reading and writing. The work is then done in the calling thread. */
  readonly stages?: CustomStages | undefined;
}

/** What `convert` takes: a source and a repository; everything else is optional. */
export type ConvertRequest = SourceRequest<ConvertOptions, ConvertEvents> & WithStages & WithVerification;

/** What a conversion can be verified by. */
export interface WithVerification {
  /** Compare each group of runs with the source as soon as it is published. Default: false. */
  readonly verify?: boolean | undefined;
  /** Told of that run by run, as `verify` tells. */
  readonly verifyEvents?: VerifyEvents | undefined;
}

/** What `watch` takes: a source and a repository; everything else is optional. */
export type WatchRequest = SourceRequest<WatchOptions, ConvertEvents> & WithStages;

/** A request, taken apart. */
export interface ReadRequest<Options, Events> {
  readonly options: Options;
  readonly own: OwnParts;
  readonly events: Events | undefined;
  readonly signal: AbortSignal;
}

/** Takes a request apart. Throws a `fatal` error, `invalid-argument`, for what JavaScript lets a program write and no type allows. */
export function readRequest<Events>(
  request: SourceRequest<WatchOptions, Events> & WithStages,
): ReadRequest<WatchOptions, Events> {
  checkIsObject(request);
  const { signal, events, openStore, stages, trackingUri, ...options } = request;
  checkNames(options, WATCH_OPTIONS);
  checkSource(trackingUri, openStore);
  checkOptions(options);
  if (stages !== undefined) checkStages(stages);
  if (options.inProcess === false && (openStore ?? stages) !== undefined) {
    throw invalid('inProcess: false does not go with openStore or stages: functions do not cross to worker threads.');
  }
  return {
    // not read when the program opens the source
    options: { ...options, source: options.source ?? {}, trackingUri: trackingUri ?? '' },
    own: { openStore, stages },
    events,
    signal: signal ?? new AbortController().signal,
  };
}

export function checkIsObject(request: unknown): void {
  if (typeof request !== 'object' || request === null) throw invalid('An object with trackingUri and repo is needed.');
}

/** Throws unless there is just one source. */
export function checkSource(trackingUri: unknown, openStore: unknown): void {
  if (trackingUri === undefined && openStore === undefined) {
    throw invalid('There is no source: trackingUri is missing, and so is openStore.');
  }
  if (trackingUri !== undefined && openStore !== undefined) {
    throw invalid('There are two sources: give either trackingUri or openStore.');
  }
  if (trackingUri !== undefined && typeof trackingUri !== 'string') throw invalid('trackingUri has to be a string.');
  if (openStore !== undefined && typeof openStore !== 'function') {
    throw invalid('openStore has to be a function that opens a store.');
  }
}

/** Throws for what would only be noticed later, or never. */
export function checkOptions({ repo, concurrency }: Pick<ConvertOptions, 'repo' | 'concurrency'>): void {
  if (typeof repo !== 'string' || repo === '') throw invalid('repo has to name the directory that contains .aim.');
  if (concurrency === undefined) return;
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MAX_CONCURRENCY) {
    throw invalid(`concurrency has to be a whole number from 1 to ${MAX_CONCURRENCY}.`);
  }
}

function checkStages({ version, histories, artifacts }: CustomStages): void {
  if (typeof version !== 'string' || version === '') {
    throw invalid('stages.version is missing: a text that changes whenever the stages would write something else.');
  }
  if (typeof (histories ?? artifacts) !== 'function') {
    throw invalid('stages has to have a function, histories or artifacts.');
  }
}

function invalid(message: string): ConvertError {
  return new ConvertError('fatal', 'invalid-argument', message);
}
