import { join } from 'node:path';
import { asFatal, ConvertError, toConvertError } from '../../errors.js';
import { revisionWith } from '../../family.js';
import type { TrackingStore } from '../../mlflow/common/tracking-store.js';
import { IndexReader } from '../aim/index-reader.js';
import { type RunPlace, RunReader } from '../aim/run.js';
import { compareRun } from '../compare/compare-run.js';
import { nothingCompared, type RunVerdict } from '../compare/verdict.js';
import type { Finding, StructureCode } from '../contents.js';
import { filesOf, stateOf } from './run-state.js';
import type { RunVerifier, VerifyResult, VerifyTask } from './verify-task.js';

export interface InProcessVerifierOptions {
  /** Called by the first task. The caller closes the store. */
  readonly openStore: () => TrackingStore;
  /** Path of the repository's `.aim`. */
  readonly repository: string;
  /** Told of the points of each run that was compared. */
  readonly onPoints?: (points: number) => void;
}

/** Verifies runs in this thread. Each worker of a pool has one. */
export class InProcessVerifier implements RunVerifier {
  private readonly stopping = new AbortController();
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly findings = new Map<string, Finding[]>();
  private readonly reader = new RunReader((finding) => this.findings.get(finding.run ?? '')?.push(finding));
  private store: TrackingStore | undefined;
  private openedIndex: { readonly state: string; readonly reader: IndexReader | undefined } | undefined;
  private points = 0;

  constructor(private readonly options: InProcessVerifierOptions) {}

  async verify(task: VerifyTask): Promise<VerifyResult> {
    this.stopping.signal.throwIfAborted();
    const work = this.verifyNow(task);
    this.underWay.add(work);
    try {
      return await work;
    } catch (cause) {
      this.stopping.signal.throwIfAborted();
      throw asFatal(cause, this.options.repository);
    } finally {
      this.underWay.delete(work);
    }
  }

  takePoints(): number {
    const { points } = this;
    this.points = 0;
    return points;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.allSettled(this.underWay);
    this.openedIndex?.reader?.close();
    this.openedIndex = undefined;
  }

  private async verifyNow(task: VerifyTask): Promise<VerifyResult> {
    this.store ??= this.options.openStore();
    const { store } = this;
    const { signal } = this.stopping;
    const place = this.placeOf(task.hash);
    try {
      const revisionNow = async () => revisionWith(await store.revision(task.ref, signal), task.family);
      const revision = await revisionNow();
      const state = stateOf(task, place, revision);
      if (state.digest === task.verifiedState) return { state: state.digest, hasChanged: false };
      const { isWrittenByAim } = state;
      const verdict = await this.compare(task, place, store, { revision, isWrittenByAim });
      this.count(verdict.compared.points);
      const hasChanged =
        verdict.verdict === 'differs' && state.digest !== stateOf(task, place, await revisionNow()).digest;
      return { verdict, state: state.digest, hasChanged };
    } catch (cause) {
      signal.throwIfAborted();
      const error = toConvertError(cause, 'skip-run', `run ${task.ref.runId}`);
      if (error.kind === 'fatal') throw error;
      return { verdict: failure(task, error), state: '', hasChanged: false };
    }
  }

  private async compare(
    task: VerifyTask,
    place: RunPlace,
    store: TrackingStore,
    { revision, isWrittenByAim }: { readonly revision: string; readonly isWrittenByAim: boolean },
  ): Promise<RunVerdict> {
    const findings: Finding[] = [];
    this.findings.set(task.hash, findings);
    const contents = this.open(place);
    try {
      if (contents instanceof ConvertError) return damaged(task, contents);
      const { converted } = task;
      const aim = {
        contents,
        finish: () => {
          contents.finish();
          if (this.index !== undefined) contents.compareWith(this.index);
        },
        row: task.row,
        findings,
        written: converted?.written,
        deletion: task.deletion,
        isNameShared: task.isNameShared,
        isWrittenByAim,
        hasChangedInMlflow: converted !== undefined && converted.revision !== revision,
      };
      return await compareRun({ store, ...task }, aim, this.stopping.signal);
    } finally {
      if (!(contents instanceof ConvertError)) contents.close();
      this.findings.delete(task.hash);
    }
  }

  /** What cannot be read because it is damaged is a result. */
  private open(place: RunPlace): ReturnType<RunReader['open']> | ConvertError {
    try {
      return this.reader.open(place);
    } catch (cause) {
      if (cause instanceof ConvertError && DAMAGE.has(cause.code)) return cause;
      throw cause;
    }
  }

  /** Opened anew when somebody has written it. What is wrong with the index as a whole is told elsewhere, once. */
  private get index(): IndexReader | undefined {
    const { repository } = this.options;
    const state = filesOf(join(repository, 'meta', 'index')).join();
    if (this.openedIndex?.state !== state) {
      this.openedIndex?.reader?.close();
      this.openedIndex = { state, reader: IndexReader.open(repository, () => {}) };
    }
    return this.openedIndex.reader;
  }

  private placeOf(hash: string): RunPlace {
    const { repository } = this.options;
    return { hash, meta: join(repository, 'meta', 'chunks', hash), seqs: join(repository, 'seqs', 'chunks', hash) };
  }

  private count(points: number): void {
    this.points += points;
    this.options.onPoints?.(points);
  }
}

const DAMAGE: ReadonlySet<string> = new Set(['damaged-file', 'not-found']);

function damaged(task: VerifyTask, error: ConvertError): RunVerdict {
  const code: StructureCode = error.code === 'not-found' ? 'row-without-database' : 'database-damaged';
  const finding: Finding = { code, severity: 'error', run: task.hash, found: error.sentence };
  return { ...nothingOf(task), verdict: 'differs', findings: [finding] };
}

function failure(task: VerifyTask, error: ConvertError): RunVerdict {
  return { ...nothingOf(task), verdict: 'unread', reason: error.sentence };
}

function nothingOf({ hash, ref, row, experiment }: VerifyTask): Omit<RunVerdict, 'verdict'> {
  return {
    ...nothingCompared(hash),
    runId: ref.runId,
    runName: row.name ?? ref.runId,
    experiment: experiment.name,
  };
}
