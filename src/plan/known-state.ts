import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { metadataFailure } from '../aim/metadata-failure.js';
import { Repository } from '../aim/repository.js';
import { RunMetadata } from '../aim/run-metadata.js';
import type { ResolvedOptions } from '../options.js';
import { copyDatabase } from '../sqlite/copy.js';
import { isDamage, sqliteFailure } from '../sqlite/errors.js';
import { retryWhileLocked } from '../sqlite/lock-wait.js';
import { AcceptedMissing } from '../state/accepted-missing.js';
import { Ledger } from '../state/ledger.js';

/** What is known of earlier conversions. Everything that could be written is a copy. */
export interface KnownState {
  /** Undefined where there is none yet. */
  readonly existing: Repository | undefined;
  /** The same, or an empty one. */
  readonly repository: Repository;
  readonly ledger: Ledger;
  readonly metadata: RunMetadata;
  readonly accepted: AcceptedMissing;
  close(): void;
}

/**
 * Opens what a conversion into this repository would find, without writing anything there: the ledger and Aim's database are
 * copied into `directory`, where even a ledger of an earlier version can be brought up to date, and a damaged one replaced.
 */
export async function openKnownState(
  { repo, missing }: Pick<ResolvedOptions, 'repo' | 'missing'>,
  directory: string,
  signal: AbortSignal,
): Promise<KnownState> {
  const existing = Repository.look(repo);
  const repository = existing ?? Repository.open(directory);
  const ledgerFile = join(directory, 'ledger.sqlite');
  let metadataFile = repository.metadataFile;
  if (existing !== undefined) {
    metadataFile = join(directory, 'run_metadata.sqlite');
    await copyMetadata(existing, metadataFile, signal);
    existing.checkSchema(metadataFile);
    if (existsSync(existing.ledgerFile)) await copyLedger(existing.ledgerFile, ledgerFile, signal);
  }
  const ledger = Ledger.open(ledgerFile);
  try {
    const metadata = new RunMetadata(metadataFile);
    const accepted = AcceptedMissing.remember(ledgerFile, missing);
    const close = () => {
      metadata.close();
      ledger.close();
    };
    return { existing, repository, ledger, metadata, accepted, close };
  } catch (cause) {
    ledger.close();
    throw cause;
  }
}

async function copyMetadata({ metadataFile }: Repository, to: string, signal: AbortSignal): Promise<void> {
  try {
    await retryWhileLocked(() => copyDatabase(metadataFile, to), signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw metadataFailure(metadataFile, cause);
  }
}

/** A damaged ledger is left out: a conversion begins a new one, too. */
async function copyLedger(file: string, to: string, signal: AbortSignal): Promise<void> {
  try {
    await retryWhileLocked(() => copyDatabase(file, to), signal);
  } catch (cause) {
    signal.throwIfAborted();
    if (isDamage(cause)) return;
    throw sqliteFailure(file, cause);
  }
}
