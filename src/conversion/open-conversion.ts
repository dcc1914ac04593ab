import { availableParallelism } from 'node:os';
import type { Repository } from '../aim/repository.js';
import { RunMetadata } from '../aim/run-metadata.js';
import type { ConvertEvents, Warn } from '../events.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { ResolvedOptions } from '../options.js';
import { InProcessConverter } from '../run/in-process-converter.js';
import type { RunConverter } from '../run/task/run-converter.js';
import { type WorkerListener, WorkerPool } from '../run/worker-pool.js';
import type { CustomStages } from '../stages/custom-stages.js';
import { AcceptedMissing } from '../state/accepted-missing.js';
import { Ledger } from '../state/ledger.js';
import { RecordedPolicies } from '../state/recorded-policies.js';
import { Retries } from '../state/retries.js';
import { Conversion } from './conversion.js';
import { runOptionsOf } from './run-options.js';

/** The source and the repository, open, and what a program has put between them. */
export interface Ends {
  readonly store: TrackingStore;
  readonly repository: Repository;
  readonly stages?: CustomStages | undefined;
}

/** Opens everything that a conversion needs between the two, or nothing. */
export function openConversion(
  ends: Ends,
  options: ResolvedOptions,
  events: ConvertEvents,
  retries = new Retries(),
): Conversion {
  const { repository } = ends;
  const warn: Warn = (warning) => void events.emit('warning', warning);
  const ledger = Ledger.open(repository.ledgerFile);
  let metadata: RunMetadata | undefined;
  try {
    const accepted = AcceptedMissing.remember(repository.ledgerFile, options.missing);
    const policies = RecordedPolicies.begin(repository.ledgerFile, { ...options, stages: ends.stages?.version });
    metadata = new RunMetadata(repository.metadataFile);
    const listener: WorkerListener = { warn, retrying: (retry) => void events.emit('retry', retry) };
    const converter = startConverter(ends, options, listener);
    tellDamage(ledger, repository.ledgerFile, warn);
    return new Conversion({ ...ends, ledger, metadata, accepted, policies, retries, converter }, options, events);
  } catch (cause) {
    metadata?.close();
    ledger.close();
    throw cause;
  }
}

function startConverter(
  { store, repository, stages }: Ends,
  options: ResolvedOptions,
  listener: WorkerListener,
): RunConverter {
  const { trackingUri, concurrency, source } = options;
  const runOptions = runOptionsOf(options, stages);
  if (options.inProcess) {
    return new InProcessConverter({ openStore: () => store, repository, options: runOptions, stages });
  }
  const work = { trackingUri, source, repository: repository.path, options: runOptions };
  return new WorkerPool(work, { concurrency, max: store.maxThreads ?? availableParallelism() }, listener);
}

/** Says where a damaged ledger is kept. */
function tellDamage({ damaged }: Ledger, file: string, warn: Warn): void {
  if (damaged === undefined) return;
  const message =
    `The ledger ${file} was damaged and is being rebuilt; the damaged one was kept as ${damaged}. ` +
    'Runs that had been removed in Aim come back.';
  warn({ code: 'ledger-rebuilt', message });
}
