import { availableParallelism } from 'node:os';
import type { RunStatus } from './model.js';
import {
  type AcceptedChanges,
  type ArtifactPolicy,
  DEFAULT_ARTIFACTS,
  DEFAULT_DELETED,
  DEFAULT_MAPPING,
  type DeletedPolicy,
  type MappingPolicy,
  NOTHING_ACCEPTED,
} from './policies.js';

/** What to convert, and how. Only the source and the destination have to be named; {@link withDefaults} fills in the rest. */
export interface ConvertOptions {
  /** An MLflow tracking URI, or the path of a file store. */
  readonly trackingUri: string;
  /** The directory that holds `.aim`, or in which it is to be created. */
  readonly repo: string;
  /** Which runs; default: all. */
  readonly selection?: RunSelection;
  /** Read all chosen runs again, also those that have not changed; what was changed in Aim stays. Default: false. */
  readonly force?: boolean;
  /** Convert also what is deleted in MLflow; it is archived in Aim. Default: false. */
  readonly includeDeleted?: boolean;
  /** What happens to converted runs that MLflow deletes later; default: `archive`. */
  readonly deleted?: DeletedPolicy;
  /** Replace runs that Aim itself has written to since they were converted; default: false. */
  readonly overwrite?: boolean;
  /** Bring back converted runs that were removed in Aim; default: false. */
  readonly restoreRemoved?: boolean;
  /** What is gone for good in MLflow, or no longer is; remembered for later conversions. */
  readonly missing?: Partial<AcceptedChanges>;
  /** Runs converted at a time, at least 1; default: two for each core. */
  readonly concurrency?: number;
  /** Convert in the calling thread rather than in worker threads: slower, and easier to debug or embed. Default: false. */
  readonly inProcess?: boolean;
  /** How the source is read. Its own `concurrency` (requests and downloads) is that of the runs by default. */
  readonly source?: Partial<SourceOptions>;
  readonly mapping?: Partial<MappingPolicy>;
  readonly artifacts?: Partial<ArtifactPolicy>;
}

/**
 * Which runs of a source are chosen (docs/choosing.md): those that meet all conditions that are given. It decides nothing about
 * what becomes of a run, and a run that is not chosen is not taken for gone. A plain object.
 */
export interface RunSelection {
  /** Experiments by id, name or glob; an exact id or name wins. Empty or absent for all. */
  readonly experiments?: readonly string[];
  /** As {@link experiments}; what they leave out. */
  readonly excludeExperiments?: readonly string[];
  /** Ids of runs. */
  readonly runIds?: readonly string[];
  /** Names of runs, or globs for them. */
  readonly runNames?: readonly string[];
  /** From when to when a run has started, both included. */
  readonly since?: Moment;
  readonly until?: Moment;
  readonly statuses?: readonly RunStatus[];
  /** Only so many, those that have started last; runs that MLflow has deleted do not count. */
  readonly maxRuns?: number;
  /** In MLflow's search syntax. */
  readonly filter?: string;
}

/** Milliseconds since the epoch, or so many milliseconds ago, whenever runs are chosen: in a watch it moves on. */
export type Moment = number | { readonly ago: number };

/** What to convert and then follow. */
export interface WatchOptions extends ConvertOptions, Partial<WatchPolicy> {}

/** {@link ConvertOptions} with nothing left open. */
export interface ResolvedOptions {
  readonly trackingUri: string;
  readonly repo: string;
  readonly selection: RunSelection;
  readonly force: boolean;
  readonly includeDeleted: boolean;
  readonly deleted: DeletedPolicy;
  readonly overwrite: boolean;
  readonly restoreRemoved: boolean;
  readonly missing: AcceptedChanges;
  readonly concurrency: number;
  readonly inProcess: boolean;
  readonly source: SourceOptions;
  readonly mapping: MappingPolicy;
  readonly artifacts: ArtifactPolicy;
}

/** How a source is read, whichever it is. A plain object: it crosses to other threads. */
export interface SourceOptions {
  /** Requests and downloads at a time; at least 1. */
  readonly concurrency: number;
  /** Upper limit for requests to a tracking server; absent for none. */
  readonly requestsPerSecond?: number;
  /** Where a tracking server keeps the files that it proxies: a directory or a URI, for reading them without the server. */
  readonly artifactsDestination?: string;
  /** The workspace of a server or database that has several (MLflow ≥ 3.10); absent for none. */
  readonly workspace?: string;
  /** Directories and object-store URIs below which artifacts are read wherever a source says that they are (docs/trust.md). */
  readonly allowRoots?: readonly string[];
  /** Follow links that lead out of their run. */
  readonly copyLinks?: boolean;
  /** Servers that are asked for artifacts with the tracking server's credentials: `https://host:port`. */
  readonly trustOrigins?: readonly string[];
}

/** How a source is followed. Times are milliseconds. */
export interface WatchPolicy {
  /** Between two polls of a server or database. */
  readonly interval: number;
  /** Between two complete scans of a directory. */
  readonly reconcile: number;
  /** Poll instead of waiting for file system events. */
  readonly poll: boolean;
  /** Wait for a source that is not there at the beginning, or does not respond, instead of failing. */
  readonly waitForSource: boolean;
}

/** Runs wait for the disk as often as they compute; beyond the maximum, more only costs memory and open files. */
const RUNS_PER_CORE = 2;
export const MAX_CONCURRENCY = 1000;

export const DEFAULT_CONCURRENCY = Math.min(MAX_CONCURRENCY, RUNS_PER_CORE * availableParallelism());

export const DEFAULT_SOURCE: SourceOptions = { concurrency: DEFAULT_CONCURRENCY };

export const DEFAULT_WATCH: WatchPolicy = { interval: 10_000, reconcile: 30_000, poll: false, waitForSource: false };

/** Fills in what the caller left open. */
export function withDefaults(options: ConvertOptions): ResolvedOptions {
  const { trackingUri, repo, concurrency = DEFAULT_CONCURRENCY } = options;
  return {
    trackingUri,
    repo,
    selection: options.selection ?? {},
    force: options.force ?? false,
    includeDeleted: options.includeDeleted ?? false,
    deleted: options.deleted ?? DEFAULT_DELETED,
    overwrite: options.overwrite ?? false,
    restoreRemoved: options.restoreRemoved ?? false,
    missing: fill(NOTHING_ACCEPTED, options.missing),
    concurrency,
    inProcess: options.inProcess ?? false,
    source: fill<SourceOptions>({ concurrency }, options.source),
    mapping: fill(DEFAULT_MAPPING, options.mapping),
    artifacts: fill(DEFAULT_ARTIFACTS, options.artifacts),
  };
}

/** As {@link withDefaults}, for what only a watch asks for. */
export function watchPolicy({ interval, reconcile, poll, waitForSource }: WatchOptions): WatchPolicy {
  return fill(DEFAULT_WATCH, { interval, reconcile, poll, waitForSource });
}

/** A property that is given as undefined counts as absent. */
function fill<T extends object>(defaults: T, given: { readonly [K in keyof T]?: T[K] | undefined } = {}): T {
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(named) };
}
