import type { Repository } from '../aim/repository.js';
import { RunMetadata } from '../aim/run-metadata.js';
import type { AcceptedChanges } from '../policies.js';
import type { WorkerPool } from '../run/worker-pool.js';
import { AcceptedMissing } from '../state/accepted-missing.js';
import { Ledger } from '../state/ledger.js';

/** What a conversion holds as long as it lasts. */
export interface Holdings {
  readonly ledger: Ledger;
  readonly metadata: RunMetadata;
  readonly accepted: AcceptedMissing;
  readonly threads: WorkerPool;
}

/** Opens all that a conversion holds, or nothing. */
export function takeHold(repository: Repository, missing: AcceptedChanges, startThreads: () => WorkerPool): Holdings {
  const ledger = Ledger.open(repository.ledgerFile);
  let metadata: RunMetadata | undefined;
  try {
    const accepted = AcceptedMissing.remember(repository.ledgerFile, missing);
    metadata = new RunMetadata(repository.metadataFile);
    return { ledger, accepted, metadata, threads: startThreads() };
  } catch (cause) {
    metadata?.close();
    ledger.close();
    throw cause;
  }
}

/** Says where the ledger is kept that was damaged, where one was. */
export function tellDamage({ damaged }: Ledger, file: string, warn: (message: string) => void): void {
  if (damaged === undefined) return;
  warn(
    `The ledger ${file} was damaged and is being rebuilt; the damaged one lies in ${damaged}. ` +
      'Runs that had been removed in Aim come back.',
  );
}
