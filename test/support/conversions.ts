import type { Repository } from '../../src/aim/repository.js';
import { RunMetadata } from '../../src/aim/run-metadata.js';
import { Conversion } from '../../src/conversion/conversion.js';
import { convertListed } from '../../src/convert.js';
import { ConvertEvents, type Warning } from '../../src/events.js';
import type { TrackingStore } from '../../src/mlflow/common/tracking-store.js';
import { DEFAULT_SOURCE } from '../../src/options.js';
import type { RunReport } from '../../src/outcome.js';
import {
  type ArtifactPolicy,
  DEFAULT_ARTIFACTS,
  DEFAULT_DELETED,
  DEFAULT_MAPPING,
  type DeletedPolicy,
  type MappingPolicy,
  NOTHING_ACCEPTED,
} from '../../src/policies.js';
import { InProcessConverter } from '../../src/run/in-process-converter.js';
import type { RunConverter, WriteIndex } from '../../src/run/task/run-converter.js';
import type { RunOptions } from '../../src/run/task/run-environment.js';
import type { RunResult } from '../../src/run/task/run-result.js';
import { WorkerPool } from '../../src/run/worker-pool.js';
import { AcceptedMissing } from '../../src/state/accepted-missing.js';
import { Ledger } from '../../src/state/ledger.js';
import { Listing } from '../../src/state/listing.js';
import { RecordedPolicies } from '../../src/state/recorded-policies.js';
import { Retries } from '../../src/state/retries.js';
import { built } from './command-line.js';

export const NOW = 1_800_000_000_000;

/** What a test puts between a conversion and its repository, to disturb it. */
export interface Disturbance {
  /** As the conversion sees it; not the converter. */
  readonly repository?: Repository;
  readonly metadata?: (metadata: RunMetadata) => RunMetadata;
  readonly ledger?: (ledger: Ledger) => Ledger;
  readonly writeIndex?: WriteIndex;
  /** Sees each run when it is built and not yet published. */
  readonly built?: (result: RunResult) => void;
}

/** How a conversion differs from one with the usual options. */
export interface ConversionChoices {
  readonly includeDeleted?: boolean;
  readonly deleted?: DeletedPolicy;
  readonly mapping?: MappingPolicy;
  readonly artifacts?: ArtifactPolicy;
  /** As the passes of a watch are: runs become visible, and the index of runs that were there is left for later. */
  readonly brief?: boolean;
  /** The time of the conversion, milliseconds since the epoch. */
  readonly now?: number;
  /** In this process, unless it is given. */
  readonly converter?: StartConverter;
}

export type StartConverter = (store: TrackingStore, repository: Repository, options: RunOptions) => RunConverter;

export const inProcess: StartConverter = (store, repository, options) =>
  new InProcessConverter({ openStore: () => store, repository, options });

/** As the command line does it; the workers open the source themselves. */
export const inWorkers: StartConverter = (store, { path }, options) => {
  const work = { trackingUri: store.uri, source: DEFAULT_SOURCE, repository: path, options };
  const limits = { concurrency: CONCURRENCY, max: 2, worker: new URL(built('run/worker.js')) };
  const warn = ({ message }: Warning) => {
    throw new Error(message);
  };
  return new WorkerPool(work, limits, { warn });
};

/** Whatever passes is copied, as on the way to another machine. */
export function byValue(start: StartConverter): StartConverter {
  return (store, repository, options) => {
    const converter = start(store, repository, structuredClone(options));
    return {
      parallelism: converter.parallelism,
      check: async (tasks) => structuredClone(await converter.check(structuredClone(tasks))),
      convert: async (task) => structuredClone(await converter.convert(structuredClone(task))),
      writeIndex: async (hashes, isFinal) => structuredClone(await converter.writeIndex([...hashes], isFinal)),
      takeProgress: () => structuredClone(converter.takeProgress()),
      stop: () => converter.stop(),
    };
  };
}

const CONCURRENCY = 4;

/** What became of the runs, in the order in which that was known; what was staged of a run, where something was. */
export interface Converted {
  readonly results: RunResult[];
  readonly warnings: string[];
  /** Runs published. */
  readonly published: number;
}

/** One conversion of a store, as `convert` does it. */
export async function convertOnce(
  store: TrackingStore,
  repository: Repository,
  disturbance: Disturbance = {},
  choices: ConversionChoices = {},
): Promise<Converted> {
  const session = new ConversionSession(store, repository, disturbance, choices);
  try {
    return await session.pass();
  } finally {
    await session.close();
  }
}

/** Conversions of a store in any number of passes, which share what a watch keeps between them. */
export class ConversionSession {
  readonly #conversion: Conversion;
  readonly #events = new ConvertEvents();
  readonly #warnings: string[] = [];
  readonly #staged = new Map<string, RunResult>();
  #published = 0;

  constructor(
    private readonly store: TrackingStore,
    repository: Repository,
    disturbance: Disturbance = {},
    private readonly choices: ConversionChoices = {},
  ) {
    const { includeDeleted = false, mapping = DEFAULT_MAPPING, artifacts = DEFAULT_ARTIFACTS, now = NOW } = choices;
    const ledger = Ledger.open(repository.ledgerFile);
    const metadata = new RunMetadata(repository.metadataFile);
    const start = choices.converter ?? inProcess;
    const converter = start(store, repository, { includeDeleted, overwrite: false, source: '', mapping, artifacts });
    this.#events.on('warning', ({ message }) => this.#warnings.push(message));
    this.#events.on('publish', ({ runs }) => {
      this.#published += runs;
    });
    const parts = {
      store,
      repository: disturbance.repository ?? repository,
      ledger: disturbance.ledger?.(ledger) ?? ledger,
      metadata: disturbance.metadata?.(metadata) ?? metadata,
      accepted: AcceptedMissing.NOTHING,
      policies: RecordedPolicies.begin(repository.ledgerFile, { mapping, artifacts, source: {} }),
      retries: new Retries(),
      converter: this.#observed(converter, disturbance),
      now: () => now,
    };
    const { deleted = DEFAULT_DELETED } = choices;
    const missing = NOTHING_ACCEPTED;
    const options = { concurrency: CONCURRENCY, deleted, includeDeleted, missing, restoreRemoved: false };
    this.#conversion = new Conversion(parts, options, this.#events);
  }

  /** Brings every run of the store up to date. */
  async pass(): Promise<Converted> {
    const { signal } = new AbortController();
    const reports: RunReport[] = [];
    const listing = await Listing.begin(this.store, {}, signal);
    const before = this.#published;
    const done = ({ report }: { report: RunReport }) => void reports.push(report);
    if (this.choices.brief) {
      await this.#conversion.pass(
        listing.runs(() => {}, signal),
        signal,
        { done, brief: true },
      );
      await this.#conversion.missed(await listing.missing(this.#conversion.ledger, signal), signal);
    } else {
      await convertListed(this.#conversion, listing, { events: this.#events, done }, signal);
    }
    const results = reports.map((report) => {
      const staged = this.#staged.get(report.runHash)?.staged;
      return { report, ...(staged !== undefined && { staged }) };
    });
    this.#staged.clear();
    return { results, warnings: this.#warnings.splice(0), published: this.#published - before };
  }

  /** What is left to a calmer moment is done, as at the end of a watch. */
  async settle(): Promise<void> {
    await this.#conversion.reindex([]);
  }

  close(): Promise<void> {
    return this.#conversion.close();
  }

  #observed(converter: RunConverter, { writeIndex, built }: Disturbance): RunConverter {
    return {
      parallelism: converter.parallelism,
      check: (tasks) => converter.check(tasks),
      convert: async (task) => {
        const result = await converter.convert(task);
        if (result.staged !== undefined) this.#staged.set(task.hash, result);
        built?.(result);
        return result;
      },
      writeIndex: writeIndex ?? ((hashes, isFinal) => converter.writeIndex(hashes, isFinal)),
      takeProgress: () => converter.takeProgress(),
      stop: () => converter.stop(),
    };
  }
}
