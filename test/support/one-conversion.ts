import { existsSync, rmSync } from 'node:fs';
import type { Repository } from '../../src/aim/repository.js';
import { writeIndex } from '../../src/aim/run-index.js';
import { RunMetadata } from '../../src/aim/run-metadata.js';
import { StepOrders } from '../../src/aim/step-order.js';
import { runHash } from '../../src/mapping/run-hash.js';
import type { TrackingStore } from '../../src/mlflow/common/tracking-store.js';
import { type ArtifactPolicy, DEFAULT_ARTIFACTS, DEFAULT_MAPPING, type MappingPolicy } from '../../src/policies.js';
import { Publisher } from '../../src/publish/publisher.js';
import { convertRun } from '../../src/run/convert-run.js';
import type { WriteIndex } from '../../src/run/task/run-converter.js';
import type { RunResult, RunTask } from '../../src/run/task/run-task.js';
import { enumerateRuns } from '../../src/stages/enumerate-runs.js';
import { Ledger, type LedgerEntry } from '../../src/state/ledger.js';

export const NOW = 1_800_000_000_000;

/** What a test puts between a conversion and its repository, to disturb it. */
export interface Disturbance {
  /** As the publisher sees it. */
  readonly repository?: Repository;
  readonly metadata?: (metadata: RunMetadata) => RunMetadata;
  readonly ledger?: (ledger: Ledger) => Ledger;
  readonly writeIndex?: WriteIndex;
  /** Sees each run when it is built and not yet published. */
  readonly built?: (result: RunResult) => void;
}

/** How a pass of a sync differs from a conversion with the usual options. */
export interface PassOptions {
  readonly includeDeleted?: boolean;
  readonly mapping?: MappingPolicy;
  readonly artifacts?: ArtifactPolicy;
  /** More passes are to follow: what is ready is published, and the index of runs that were there is left for later. */
  readonly goesOn?: boolean;
  /** The time of the conversion, milliseconds. */
  readonly now?: number;
}

/** One conversion of a source, in this thread: what pipeline.ts does, one run after the other. */
export async function convertOnce(
  store: TrackingStore,
  repository: Repository,
  disturbance: Disturbance = {},
  {
    includeDeleted = false,
    mapping = DEFAULT_MAPPING,
    artifacts = DEFAULT_ARTIFACTS,
    goesOn = false,
    now = NOW,
  }: PassOptions = {},
): Promise<{ results: RunResult[]; warnings: string[]; published: number }> {
  rmSync(repository.staging, { recursive: true, force: true });
  const { signal } = new AbortController();
  const [metadata, ledger] = [new RunMetadata(repository.metadataFile), Ledger.open(repository.ledgerFile)];
  const warnings: string[] = [];
  let published = 0;
  const publisher = new Publisher({
    repository: disturbance.repository ?? repository,
    metadata: disturbance.metadata?.(metadata) ?? metadata,
    ledger: disturbance.ledger?.(ledger) ?? ledger,
    source: store.uri,
    writeIndex: disturbance.writeIndex ?? (async (hashes, compact) => writeIndex(repository, hashes, compact)),
    events: {
      onPublished: (hashes) => {
        published += hashes.length;
      },
      onPassedOver: () => {},
      onWarning: (message) => warnings.push(message),
    },
  });
  const options = {
    includeDeleted,
    overwrite: false,
    source: '',
    mapping,
    artifacts,
    now,
  };
  const environment = { store, repository, options, orders: new StepOrders(), progress: () => {} };
  try {
    const experiments = [];
    for await (const experiment of store.experiments(signal)) experiments.push(experiment);
    const results: RunResult[] = [];
    for await (const run of enumerateRuns(store, experiments, () => {}, signal)) {
      const hash = runHash(run.ref.runId);
      const listed = existsSync(repository.meta(hash)) && metadata.has(hash);
      const known = ledger.get(hash);
      const before = listed && known !== undefined && knownOf(known, goesOn);
      const job = { ...run, hash, listed, ...before };
      const result = await convertRun(job, environment, signal);
      results.push(result);
      disturbance.built?.(result);
      if (result.staged !== undefined) await publisher.add(result.staged);
    }
    if (goesOn) await publisher.flush();
    else await publisher.finish();
    return { results, warnings, published };
  } finally {
    metadata.close();
    ledger.close();
    rmSync(repository.staging, { recursive: true, force: true });
  }
}

/** Each conversion looks again at what could not be read. */
function knownOf(known: LedgerEntry, goesOn: boolean): Pick<RunTask, 'known' | 'before'> {
  const again = goesOn ? [] : (known.unread ?? []);
  return { known: { ...known, again }, before: known.properties };
}
