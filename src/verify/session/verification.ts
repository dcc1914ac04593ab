import pLimit, { type LimitFunction } from 'p-limit';
import { toConvertError } from '../../errors.js';
import type { TrackingStore } from '../../mlflow/common/tracking-store.js';
import type { Experiment } from '../../model.js';
import type { ArtifactPolicy, MappingPolicy } from '../../policies.js';
import { DEFAULT_ARTIFACTS, DEFAULT_MAPPING } from '../../policies.js';
import type { ConversionRecord } from '../../state/conversion-record.js';
import type { LedgerEntry } from '../../state/ledger.js';
import type { Listing } from '../../state/listing.js';
import type { RunRows } from '../aim/rows.js';
import type { Depth } from '../compare/compare-run.js';
import type { RunVerdict } from '../compare/verdict.js';
import type { RunRow, StructureCode } from '../contents.js';
import { hashOf } from '../expected/run-hash.js';
import type { RunVerifier, VerifyTask } from '../work/verify-task.js';
import { ExpectedFamilies } from './families.js';
import { extraRun, type ListedRun, ofStages, withoutContent } from './not-compared.js';
import { isInSample } from './sample.js';
import type { VerifiedRuns } from './verified-runs.js';
import type { VerifyEvents } from './verify-events.js';

/** What a verification works with; the caller opens and closes it. */
export interface VerificationParts {
  readonly store: TrackingStore;
  readonly rows: Pick<RunRows, 'row' | 'hashes'>;
  readonly record: ConversionRecord;
  readonly verifier: RunVerifier;
  readonly verified: VerifiedRuns;
  readonly events: VerifyEvents;
}

export interface VerificationOptions {
  /** Runs under way at once. */
  readonly concurrency: number;
  /** The share of runs that are looked at, above 0 to 1. */
  readonly sample: number;
  /** What is known better than by the ledger. */
  readonly mapping: Partial<MappingPolicy>;
  readonly artifacts: Partial<ArtifactPolicy>;
  readonly depth: Depth;
  /** Whether Aim's row of an experiment may be another's of the same name. */
  readonly isNameShared: (experiment: Experiment) => boolean;
  /** Runs that are deleted in MLflow have to be in Aim as well. */
  readonly includeDeleted: boolean;
}

/** What is wrong with the index, which is written last. */
const OF_INDEX: ReadonlySet<StructureCode> = new Set([
  'index-behind',
  'index-checksum',
  'index-run-missing',
  'index-entry-missing',
  'index-entry-extra',
  'index-entry-differs',
]);

/** A run is verified again if it was being written meanwhile, so often. */
const ATTEMPTS = 3;

/** Compares the runs of a source with those of a repository. */
export class Verification {
  private readonly limit: LimitFunction;
  private readonly underWay = new Set<Promise<void>>();
  private failure: { readonly cause: unknown } | undefined;
  private readonly families: ExpectedFamilies;
  private readonly seen = new Set<string>();
  /** The hashes of runs that had their verdicts before they were listed. */
  private readonly early = new Set<string>();

  constructor(
    private readonly parts: VerificationParts,
    private readonly options: VerificationOptions,
  ) {
    this.limit = pLimit(options.concurrency);
    this.families = new ExpectedFamilies(parts.store);
  }

  /** All chosen runs, then what Aim has beside them. Rejects with a `fatal` error, or with the signal's reason. */
  async verify(listing: Listing, signal: AbortSignal): Promise<void> {
    await this.verifyListed(listing, signal);
    for (const run of await this.extraRuns(listing, signal)) this.parts.events.emit('run', run);
  }

  /**
   * Verifies a run that Aim has just got, before {@link verify} comes to it, which passes it over then. One of which the index does not
   * yet say what it has to is left to that. Resolves when there is room for another run.
   */
  async verifyEarly(run: ListedRun, signal: AbortSignal): Promise<void> {
    if (this.failure !== undefined) return;
    await this.start(async () => {
      const verdict = await this.verifyRun(run, false, signal);
      if (verdict === undefined || verdict.findings.some(({ code }) => OF_INDEX.has(code))) return undefined;
      this.early.add(verdict.hash);
      return verdict;
    });
  }

  private async verifyListed(listing: Listing, signal: AbortSignal): Promise<void> {
    const { events } = this.parts;
    await Promise.all(this.underWay);
    for await (const run of listing.runs((experiment) => events.emit('experiment', experiment), signal)) {
      if (this.failure !== undefined) break;
      if (!isInSample(run.ref.runId, this.options.sample)) continue;
      const hash = hashOf(run.ref.runId);
      const isDuplicate = this.seen.has(hash);
      this.seen.add(hash);
      if (isDuplicate || !this.early.has(hash)) {
        await this.start(() => this.verifyRun(run, isDuplicate, signal));
      }
    }
    if (this.failure === undefined) await Promise.all(this.underWay);
    if (this.failure !== undefined) throw this.failure.cause;
  }

  /** Has a run verified; resolves when there is room for another. The first failure ends the verification. */
  private async start(work: () => Promise<RunVerdict | undefined>): Promise<void> {
    const { limit, underWay } = this;
    const done = limit(work).then(
      (verdict) => void (verdict && this.parts.events.emit('run', verdict)),
      (cause: unknown) => {
        this.failure ??= { cause };
        limit.clearQueue();
      },
    );
    underWay.add(done);
    void done.finally(() => underWay.delete(done));
    if (underWay.size >= 2 * this.options.concurrency) await Promise.race(underWay);
  }

  /** The verdict about one run; undefined for one that has to be in Aim no more than it is. */
  private async verifyRun(run: ListedRun, isDuplicate: boolean, signal: AbortSignal): Promise<RunVerdict | undefined> {
    signal.throwIfAborted();
    if (isDuplicate) {
      return withoutContent(run, 'missing', 'The run id occurs twice in the source; the other run was converted.');
    }
    const { record, verified, verifier } = this.parts;
    const hash = hashOf(run.ref.runId);
    for (let attempt = 1; ; attempt++) {
      const entry = record.entry(hash);
      const row = this.parts.rows.row(hash);
      if (row === undefined) return this.withoutRow(run, entry, signal);
      const stages = entry && record.policiesOf(entry)?.stages;
      if (stages !== undefined) return withoutContent(run, 'unread', ofStages(stages));
      const known = verified.get(hash);
      const family = await this.families.of(run.experiment, run.ref.runId, signal);
      const task = { ...this.taskOf(run, row, entry, known?.state), ...(family !== undefined && { family }) };
      const { verdict, state, hasChanged } = await verifier.verify(task);
      if (verdict === undefined)
        return { ...withoutContent(run, known!.verdict), ...known!, runName: row.name ?? run.ref.runId };
      if (hasChanged && verdict.verdict === 'differs' && attempt < ATTEMPTS) continue;
      const told = this.withoutAccepted(verdict, entry);
      if (!hasChanged) verified.add(told, state);
      return told;
    }
  }

  private taskOf(
    run: ListedRun,
    row: RunRow,
    entry: LedgerEntry | undefined,
    verifiedState: string | undefined,
  ): VerifyTask {
    const { record } = this.parts;
    const policies = (entry && record.policiesOf(entry)) ?? record.somePolicies;
    const { mapping, artifacts } = this.options;
    return {
      ...run,
      hash: row.hash,
      row,
      mapping: { ...(policies?.mapping ?? DEFAULT_MAPPING), ...mapping },
      artifacts: { ...(policies?.artifacts ?? DEFAULT_ARTIFACTS), ...artifacts },
      ...(entry !== undefined && { converted: { written: entry.properties, revision: entry.revision } }),
      ...((entry?.deleted === 'archived' || entry?.deleted === 'kept') && { deletion: entry.deleted }),
      isNameShared: this.options.isNameShared(run.experiment),
      depth: this.options.depth,
      now: Date.now(),
      ...(verifiedState !== undefined && { verifiedState }),
    };
  }

  /** A run that Aim does not list. What is deleted in MLflow, or no run there, need not be in Aim. */
  private async withoutRow(
    run: ListedRun,
    entry: LedgerEntry | undefined,
    signal: AbortSignal,
  ): Promise<RunVerdict | undefined> {
    const { includeDeleted } = this.options;
    if (run.experiment.lifecycleStage === 'deleted' && !includeDeleted) return undefined;
    try {
      const { lifecycleStage, name } = await this.parts.store.run(run.ref, { signal, notice: () => {} });
      if (lifecycleStage === 'deleted' && !includeDeleted) return undefined;
      const named = { runName: name ?? run.ref.runId };
      if (entry === undefined) return { ...withoutContent(run, 'missing'), ...named };
      return {
        ...withoutContent(run, 'changed-in-aim', 'It was removed in Aim; --restore-removed brings it back.'),
        ...named,
      };
    } catch (cause) {
      signal.throwIfAborted();
      const error = toConvertError(cause, 'skip-run', `run ${run.ref.runId}`);
      if (error.kind === 'fatal') throw error;
      return error.kind === 'not-a-run' ? undefined : withoutContent(run, 'unread', error.sentence);
    }
  }

  private withoutAccepted(verdict: RunVerdict, entry: LedgerEntry | undefined): RunVerdict {
    if (verdict.unread.length === 0 || entry === undefined) return verdict;
    const left = this.parts.record.left({ ...entry, unread: verdict.unread });
    return { ...verdict, unread: left };
  }

  /** Runs of Aim's that the source does not have, as far as the choice of runs allows to say so. */
  private async extraRuns(listing: Listing, signal: AbortSignal): Promise<RunVerdict[]> {
    const { record, rows, store } = this.parts;
    const missing = new Set(await listing.missing(record, signal));
    const asked = [...missing].filter((hash) => record.entry(hash)?.deleted === undefined);
    const ids = asked.flatMap((hash) => record.entry(hash)?.runId ?? []);
    const gone = new Set((await store.missingRuns?.(ids, signal)) ?? ids);
    const extra: RunVerdict[] = [];
    for (const hash of rows.hashes()) {
      if (this.seen.has(hash)) continue;
      const entry = record.entry(hash);
      const isOfSource = entry?.source === store.uri;
      if (isOfSource ? !missing.has(hash) : !listing.isWhole) continue;
      if (isOfSource && entry.deleted === undefined && !gone.has(entry.runId)) continue;
      extra.push(extraRun(hash, rows.row(hash), isOfSource ? entry : undefined));
    }
    return extra;
  }
}
