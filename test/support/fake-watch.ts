import { type ConvertEventMap, ConvertEvents } from '../../src/events.js';
import { runHash } from '../../src/mapping/run-hash.js';
import type { ChangeSignal } from '../../src/mlflow/common/tracking-store.js';
import type { Experiment, RunRef } from '../../src/model.js';
import type { EnumeratedRun } from '../../src/stages/enumerate-runs.js';
import { Listing } from '../../src/state/listing.js';
import { sleep } from '../../src/wait.js';
import type { WatchedConversion, WatchJournal, WatchPassOptions } from '../../src/watch/session.js';
import type { OpenWatcher, SourceWatcher, WatcherListener } from '../../src/watch/source-watcher.js';
import { WatchLoop } from '../../src/watch/watch-loop.js';
import { makeExperiment } from '../mapping/fixtures.js';
import { makeRun } from '../report/make-run.js';
import { MemoryStore } from './memory-store.js';

export const EXPERIMENT = makeExperiment({ id: '1', name: 'mnist' });
export const refOf = (runId: string): RunRef => ({ runId, experimentId: EXPERIMENT.id, locator: `1/${runId}` });

/** A source of which a test says what it holds, which runs are active, and what fails. */
export class FakeSource extends MemoryStore {
  runIds: string[] = [];
  readonly active = new Set<string>();
  /** Runs that are not as they were converted. */
  readonly changed = new Set<string>();
  /** Thrown when experiments are listed. */
  failure: Error | undefined;

  constructor(override readonly changes: ChangeSignal) {
    super(EXPERIMENT);
  }

  override async *experiments(): AsyncGenerator<Experiment> {
    if (this.failure !== undefined) throw this.failure;
    yield EXPERIMENT;
  }

  override async *runs(): AsyncGenerator<RunRef> {
    for (const runId of this.runIds) yield refOf(runId);
  }

  add(...runIds: string[]): void {
    this.runIds.push(...runIds);
    for (const runId of runIds) this.changed.add(runId);
  }

  async *activeRuns(): AsyncGenerator<RunRef> {
    for (const runId of this.active) yield refOf(runId);
  }
}

/** A source of which events tell which runs have changed. */
class EventSource extends FakeSource {
  override readonly activeRuns = undefined as never;
}

/** A watch of a fake source with fake conversions; what it does is in `log`, what it emits in `emitted`. */
export class FakeWatch {
  readonly log: string[] = [];
  readonly emitted: [string, Record<string, unknown>][] = [];
  readonly events = new ConvertEvents();
  readonly controller = new AbortController();
  readonly source: FakeSource;
  readonly watchers: WatcherListener[] = [];
  /** What the repository's identity check throws. */
  replaced: Error | undefined;
  /** Thrown by the next passes. */
  failure: Error | undefined;
  /** Passes take so long; milliseconds. */
  duration = 0;
  isIndexFree = true;
  private readonly converted = new Map<string, { readonly experimentId: string }>();

  constructor(kind: 'directory' | 'poll') {
    this.source =
      kind === 'poll' ? new FakeSource({ type: 'poll' }) : new EventSource({ type: 'directory', root: '/mlruns' });
    for (const event of ['watching', 'pass', 'source', 'run:done', 'run:ready', 'experiment', 'warning'] as const) {
      const listener = (details: object) => this.emitted.push([event, { ...details }]);
      this.events.on(event, listener as (...args: ConvertEventMap[typeof event]) => void);
    }
  }

  /** Begins; resolves when the watch has ended. */
  async run(): Promise<void> {
    const listing = await Listing.begin(this.source, {}, this.controller.signal);
    const ends = {
      source: { store: this.source, selection: {}, failures: new Map() },
      repository: {
        checkIdentity: () => {
          if (this.replaced !== undefined) throw this.replaced;
        },
      },
      openConversion: () => this.conversion(),
      openJournal: () => this.journal(),
      openWatcher: this.openWatcher,
    };
    const policy = { poll: false, reconcile: 30_000, interval: 10_000 };
    await new WatchLoop(ends, policy, this.events).run(listing, this.controller.signal);
  }

  /** A run has changed, and an event tells it. */
  change(runId: string): void {
    this.source.changed.add(runId);
    this.watchers.at(-1)?.onChange({ type: 'run', ref: refOf(runId) });
  }

  /** The details of all events of this name. */
  all(event: string): Record<string, unknown>[] {
    return this.emitted.flatMap(([name, details]) => (name === event ? [details] : []));
  }

  /** What has been logged since it was taken last. */
  take(): string[] {
    return this.log.splice(0);
  }

  private readonly openWatcher: OpenWatcher = (how, listener): SourceWatcher => {
    this.watchers.push(listener);
    this.log.push('open watcher');
    return {
      how,
      setExperiments: () => {},
      watchRun: () => {},
      unwatchRun: () => {},
      close: async () => void this.log.push('close watcher'),
    };
  };

  private conversion(): WatchedConversion {
    this.log.push('open conversion');
    return {
      ledger: {
        get: (hash) => this.converted.get(hash),
        active: () => [],
        places: () => [...this.converted].map(([hash, place]) => ({ hash, ...place })),
      },
      pass: (runs, signal, options) => this.pass(runs, signal, options),
      missed: async (hashes) => {
        if (hashes.length > 0) this.log.push(`missed ${hashes}`);
      },
      reindex: async (hashes) => {
        this.log.push(`reindex ${hashes}`);
        return this.isIndexFree;
      },
      checkAccepted: () => void this.log.push('check accepted'),
      close: async () => void this.log.push('close conversion'),
    };
  }

  private async pass(runs: AsyncIterable<EnumeratedRun>, signal: AbortSignal, { done }: WatchPassOptions) {
    const met: EnumeratedRun[] = [];
    for await (const run of runs) met.push(run);
    this.log.push(met.length > 10 ? `pass over ${met.length}` : `pass ${met.map(({ ref }) => ref.runId)}`);
    await sleep(this.duration, signal);
    if (this.failure !== undefined) throw this.failure;
    for (const run of met) {
      const { runId } = run.ref;
      const hash = runHash(runId);
      const isKnown = this.converted.has(hash);
      this.converted.set(hash, { experimentId: run.ref.experimentId });
      const outcome = !isKnown ? 'new' : this.source.changed.has(runId) ? 'updated' : 'unchanged';
      this.source.changed.delete(runId);
      done({ run, report: makeRun({ runId, runHash: hash, outcome }), active: this.source.active.has(runId) });
    }
  }

  private journal(): WatchJournal {
    return {
      note: () => {},
      passed: () => {},
      failed: (error) => void this.log.push(`journal failed: ${error instanceof Error ? error.message : error}`),
      ended: () => void this.log.push('journal ended'),
      close: () => void this.log.push('close journal'),
    };
  }
}
