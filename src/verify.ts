import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { OpenStore, StoreListener, TrackingStore } from './mlflow/common/tracking-store.js';
import { openStore } from './mlflow/open-store.js';
import { DEFAULT_CONCURRENCY, type RunSelection, type SourceOptions } from './options.js';
import type { ArtifactPolicy, MappingPolicy } from './policies.js';
import { choiceWarnings, unknownRuns } from './selection/choice-warnings.js';
import { ConversionRecord } from './state/conversion-record.js';
import { Listing } from './state/listing.js';
import { AimRepository } from './verify/aim/repository.js';
import type { Depth } from './verify/compare/compare-run.js';
import { checkStructure } from './verify/session/structure.js';
import { Verification } from './verify/session/verification.js';
import { VerifiedRuns } from './verify/session/verified-runs.js';
import { VerifyEvents } from './verify/session/verify-events.js';
import { InProcessVerifier } from './verify/work/in-process-verifier.js';
import { StructureInProcess } from './verify/work/structure-in-process.js';
import { StructurePool } from './verify/work/structure-pool.js';
import { VerifierPool } from './verify/work/verifier-pool.js';
import type { RunVerifier } from './verify/work/verify-task.js';

/** What to compare. Policies and options of the source that are not given are those of the last conversion. */
export interface VerifyOptions {
  /** An MLflow tracking URI, or the path of a file store. Without it only the structure of the repository is checked. */
  readonly trackingUri?: string;
  /** The directory that holds `.aim`. */
  readonly repo: string;
  /** Which runs; default: all. */
  readonly selection?: RunSelection;
  /** The share of runs that are looked at, above 0 to 1; the same ones each time. Default: 1. */
  readonly sample?: number;
  /** Runs that are deleted in MLflow have to be in Aim as well. Default: false. */
  readonly includeDeleted?: boolean;
  /** How much is read, see {@link Depth}. Default: `full`. */
  readonly depth?: Depth;
  readonly mapping?: Partial<MappingPolicy>;
  readonly artifacts?: Partial<ArtifactPolicy>;
  readonly source?: Partial<SourceOptions>;
  /** Runs under way at once, at least 1; default: two for each core. */
  readonly concurrency?: number;
  /** Work in the calling thread rather than in worker threads. Default: false. */
  readonly inProcess?: boolean;
}

/** How often progress is told; milliseconds. */
const PROGRESS_INTERVAL = 100;

/**
 * Compares a source with an Aim repository, run by run, and takes no lock and changes nothing there, but for a small file that lets
 * a verification go on that was broken off. Resolves when every chosen run has its verdict (see `events`); rejects with a `fatal`
 * `ConvertError` where nothing can be compared, or with the signal's reason when aborted.
 *
 * @param ownStore opens the source in the place of the tracking URI; it does not cross to worker threads, so none are used
 */
export async function verify(
  options: VerifyOptions,
  events: VerifyEvents = new VerifyEvents(),
  signal: AbortSignal = new AbortController().signal,
  ownStore?: OpenStore,
): Promise<void> {
  const aim = AimRepository.open(options.repo, (finding) => void events.emit('finding', finding));
  const { trackingUri = '' } = options;
  if (trackingUri === '' && ownStore === undefined) return verifyStructure(aim, options, events, signal);
  const record = ConversionRecord.open(join(aim.path, 'mlflow2aim.sqlite'));
  try {
    const { concurrency = DEFAULT_CONCURRENCY } = options;
    const source: SourceOptions = { concurrency, ...record.somePolicies?.source, ...defined(options.source) };
    const listener: StoreListener = {
      warn: (warning) => void events.emit('warning', warning),
      failed: (failure) => void events.emit('experiment:failed', failure),
      retrying: () => {},
    };
    const store = ownStore?.(listener) ?? openStore(trackingUri, { ...source, ...listener });
    const inProcess = ownStore !== undefined || options.inProcess === true;
    try {
      return await verifyStore(
        { aim, record, store, source },
        { ...options, trackingUri, concurrency, inProcess },
        events,
        signal,
      );
    } finally {
      await store.close();
    }
  } finally {
    record.close();
    aim.close();
  }
}

/** Checks the repository without its source, and closes it. */
async function verifyStructure(
  aim: AimRepository,
  { sample = 1, concurrency = availableParallelism(), inProcess = false }: VerifyOptions,
  events: VerifyEvents,
  signal: AbortSignal,
): Promise<void> {
  const threads = Math.min(concurrency, availableParallelism());
  const checker = inProcess ? new StructureInProcess(aim.path) : new StructurePool({ repository: aim.path }, threads);
  const stop = () => void checker.stop();
  signal.addEventListener('abort', stop);
  try {
    const rows = aim.openRows();
    try {
      await checkStructure({ aim, rows, checker, events }, { concurrency: threads, sample }, signal);
    } finally {
      rows.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    await checker.stop();
    aim.close();
  }
}

type SourceVerifyOptions = VerifyOptions & { readonly trackingUri: string; readonly concurrency: number };

interface Ends {
  readonly aim: AimRepository;
  readonly record: ConversionRecord;
  readonly store: TrackingStore;
  readonly source: SourceOptions;
}

async function verifyStore(
  ends: Ends,
  options: SourceVerifyOptions,
  events: VerifyEvents,
  signal: AbortSignal,
): Promise<void> {
  const { aim, record, store } = ends;
  const listing = await Listing.begin(store, options.selection ?? {}, signal);
  const unknown = unknownRuns(listing);
  if (unknown !== undefined) throw unknown;
  for (const warning of choiceWarnings(listing)) events.emit('warning', warning);
  const rows = aim.openRows();
  const verified = new VerifiedRuns(join(aim.path, 'mlflow2aim.verified'));
  const verifier = startVerifier(ends, options);
  const stop = () => void verifier.stop();
  signal.addEventListener('abort', stop);
  const progress = setInterval(() => events.emit('progress', { points: verifier.takePoints() }), PROGRESS_INTERVAL);
  try {
    const { sample = 1, includeDeleted = false, depth = 'full', mapping = {}, artifacts = {}, concurrency } = options;
    const runs = listing.isWhole ? Math.round(record.places(store.uri).length * sample) : undefined;
    events.emit('start', {
      source: store.uri,
      repo: dirname(aim.path),
      ...(runs !== undefined && { runs }),
      ...(depth === 'quick' && { isQuick: true }),
    });
    const verification = new Verification(
      { store, rows, record, verifier, verified, events },
      { concurrency, sample, includeDeleted, depth, mapping: defined(mapping), artifacts: defined(artifacts) },
    );
    await verification.verify(listing, signal);
    if (listing.isWhole) {
      rows.check((finding) => void events.emit('finding', finding));
      aim.checkLayout(new Set(rows.hashes()));
    }
    verified.finish();
  } catch (error) {
    verified.flush();
    signal.throwIfAborted();
    throw error;
  } finally {
    clearInterval(progress);
    signal.removeEventListener('abort', stop);
    await verifier.stop();
    rows.close();
  }
}

function startVerifier({ aim: { path: repository }, store, source }: Ends, options: SourceVerifyOptions): RunVerifier {
  if (options.inProcess) return new InProcessVerifier({ openStore: () => store, repository });
  const { trackingUri, concurrency } = options;
  const threads = Math.min(concurrency, store.maxThreads ?? availableParallelism());
  return new VerifierPool({ trackingUri, source, repository }, threads, Math.ceil(concurrency / threads));
}

/** What is given as undefined counts as absent. */
function defined<T extends object>(given: T | undefined): Partial<T> {
  return Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;
}
