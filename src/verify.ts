import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { Retry } from './events.js';
import type { OpenStore, StoreListener, TrackingStore } from './mlflow/common/tracking-store.js';
import { openStore } from './mlflow/open-store.js';
import { DEFAULT_CONCURRENCY, type RunSelection, type SourceOptions } from './options.js';
import type { ArtifactPolicy, MappingPolicy } from './policies.js';
import { choiceWarnings, unknownRuns } from './selection/choice-warnings.js';
import { ConversionRecord } from './state/conversion-record.js';
import { Listing } from './state/listing.js';
import { AimRepository } from './verify/aim/repository.js';
import type { RunRows } from './verify/aim/rows.js';
import type { Depth } from './verify/compare/compare-run.js';
import type { ListedRun } from './verify/session/not-compared.js';
import { sharesName } from './verify/session/shared-names.js';
import { verifyStructure } from './verify/session/structure.js';
import { Verification } from './verify/session/verification.js';
import { VerifiedRuns } from './verify/session/verified-runs.js';
import { VerifyEvents } from './verify/session/verify-events.js';
import { InProcessVerifier } from './verify/work/in-process-verifier.js';
import { VerifierPool } from './verify/work/verifier-pool.js';
import type { RunVerifier } from './verify/work/verify-task.js';
import { abortable } from './wait.js';

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
  const { trackingUri = '', sample = 1, concurrency = availableParallelism(), inProcess = false } = options;
  if (trackingUri === '' && ownStore === undefined) {
    const aim = openRepository(options, events);
    return verifyStructure(aim, events, { sample, concurrency, inProcess }, signal);
  }
  const verification = new SourceVerification(options, events, ownStore);
  try {
    await verification.finish(signal);
  } finally {
    await verification.close();
  }
}

function openRepository({ repo }: VerifyOptions, events: VerifyEvents): AimRepository {
  return AimRepository.open(repo, (finding) => void events.emit('finding', finding));
}

/** Both ends of a comparison, and what is known of it. */
interface Ends {
  readonly aim: AimRepository;
  readonly record: ConversionRecord;
  readonly store: TrackingStore;
  readonly source: SourceOptions;
}

/** What compares them. */
interface Work {
  readonly aim: AimRepository;
  readonly listing: Listing;
  readonly rows: RunRows;
  readonly verified: VerifiedRuns;
  readonly verifier: RunVerifier;
  readonly verification: Verification;
  readonly stopProgress: () => void;
}

/**
 * Compares a source with a repository: {@link add} the runs that a conversion has just published, while it goes on, and {@link finish}
 * all others, with what belongs to none of them. Nothing is opened before it is needed, so that the conversion may make the repository.
 */
export class SourceVerification {
  private ends: Ends | undefined;
  private beginning: Promise<Work> | undefined;
  private work: Work | undefined;
  private failure: { readonly cause: unknown } | undefined;

  /** @param ownStore as for {@link verify} */
  constructor(
    private readonly options: VerifyOptions,
    private readonly events: VerifyEvents,
    private readonly ownStore?: OpenStore,
  ) {}

  /**
   * Verifies runs that Aim has got. Resolves when there is room for others, or the signal is aborted; never rejects: what keeps it from
   * comparing is told by {@link finish}, so that the conversion goes on.
   */
  async add(runs: readonly ListedRun[], signal: AbortSignal): Promise<void> {
    if (this.failure !== undefined || signal.aborted) return;
    try {
      const { verification } = await this.begin(signal);
      for (const run of runs) await abortable(verification.verifyEarly(run, signal), signal);
    } catch (cause) {
      this.failure ??= { cause };
    }
  }

  /** Verifies all chosen runs that were not added; resolves when every one has its verdict. Rejects as {@link verify}. */
  async finish(signal: AbortSignal): Promise<void> {
    if (this.failure !== undefined) throw this.failure.cause;
    const { aim, listing, verification, verified, verifier, rows } = await this.begin(signal);
    const stop = () => void verifier.stop();
    signal.addEventListener('abort', stop);
    try {
      await verification.verify(listing, signal);
      if (listing.isWhole) {
        rows.check((finding) => void this.events.emit('finding', finding));
        aim.checkLayout(new Set(rows.hashes()));
      }
      verified.finish();
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** What was found by then is known to the next verification, unless this one came to its end. */
  async close(): Promise<void> {
    const { work, ends } = this;
    work?.stopProgress();
    await work?.verifier.stop();
    work?.verified.flush();
    work?.rows.close();
    await ends?.store.close();
    ends?.record.close();
    ends?.aim.close();
  }

  private open(): Ends {
    if (this.ends !== undefined) return this.ends;
    const { options, events } = this;
    const aim = openRepository(options, events);
    const record = ConversionRecord.open(join(aim.path, 'mlflow2aim.sqlite'));
    try {
      const { concurrency = DEFAULT_CONCURRENCY } = options;
      const source = { concurrency, ...record.somePolicies?.source, ...defined(options.source) };
      const listener: StoreListener = {
        warn: (warning) => void events.emit('warning', warning),
        failed: (failure) => void events.emit('experiment:failed', failure),
        retrying: (retry) => void events.emit('retry', retry),
      };
      const store = this.ownStore?.(listener) ?? openStore(options.trackingUri ?? '', { ...source, ...listener });
      this.ends = { aim, record, store, source };
      return this.ends;
    } catch (error) {
      record.close();
      aim.close();
      throw error;
    }
  }

  private begin(signal: AbortSignal): Promise<Work> {
    this.beginning ??= this.beginNow(signal);
    return this.beginning;
  }

  private async beginNow(signal: AbortSignal): Promise<Work> {
    const { options, events } = this;
    const ends = this.open();
    const { aim, store, record } = ends;
    const listing = await Listing.begin(store, options.selection ?? {}, signal);
    const unknown = unknownRuns(listing);
    if (unknown !== undefined) throw unknown;
    for (const warning of choiceWarnings(listing)) events.emit('warning', warning);
    const { sample = 1, includeDeleted = false, depth = 'full', concurrency = DEFAULT_CONCURRENCY } = options;
    const [mapping, artifacts] = [defined(options.mapping), defined(options.artifacts)];
    const places = record.places(store.uri);
    const rows = aim.openRows();
    const verified = new VerifiedRuns(join(aim.path, 'mlflow2aim.verified'));
    const verifier = this.startVerifier(ends, concurrency);
    const timer = setInterval(() => events.emit('progress', { points: verifier.takePoints() }), PROGRESS_INTERVAL);
    events.emit('start', {
      source: store.uri,
      repo: dirname(aim.path),
      sample,
      ...(listing.isWhole && { runs: Math.round(places.length * sample) }),
      ...(depth === 'quick' && { isQuick: true }),
    });
    const isNameShared = sharesName(listing.everyExperiment, places);
    const verification = new Verification(
      { store, rows, record, verifier, verified, events },
      { concurrency, sample, includeDeleted, depth, isNameShared, mapping, artifacts },
    );
    this.work = { aim, listing, rows, verified, verifier, verification, stopProgress: () => clearInterval(timer) };
    return this.work;
  }

  private startVerifier({ aim: { path: repository }, store, source }: Ends, concurrency: number): RunVerifier {
    const { trackingUri = '', inProcess = false } = this.options;
    if (inProcess || this.ownStore !== undefined) return new InProcessVerifier({ openStore: () => store, repository });
    const threads = Math.min(concurrency, store.maxThreads ?? availableParallelism());
    const retrying = (retry: Retry) => void this.events.emit('retry', retry);
    const data = { trackingUri, source, repository };
    return new VerifierPool(data, { threads, tasksPerThread: Math.ceil(concurrency / threads) }, retrying);
  }
}

/** What is given as undefined counts as absent. */
function defined<T extends object>(given: T | undefined): Partial<T> {
  return Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;
}
