import { createHash } from 'node:crypto';
import type { MetricState } from '../../aim/metric-state.js';
import { type Databases, databaseFingerprint } from '../../aim/run-files.js';
import type { RunProperties } from '../../aim/run-metadata.js';
import type { LossMessage } from '../../mapping/messages.js';
import type { TrackingStore } from '../../mlflow/common/tracking-store.js';
import type { Notice, Run, RunPart, RunRef } from '../../model.js';
import type { ArtifactPolicy } from '../../policies.js';
import { encodeAppendState, type KnownFile, type KnownMetric } from './append-state.js';

/** The notices of histories that adding can live with: who reads only what was added does not come across others. */
const TOLD_OF_LINES: ReadonlySet<Notice['kind']> = new Set(['line-skipped']);
const TOLD_OF_ARTIFACTS: ReadonlySet<Notice['kind']> = new Set([
  'artifact-skipped',
  'artifacts-unreachable',
  'part-kept',
  'text-replaced',
]);

/** What is known when a run has been written. */
export interface WrittenRun {
  /** Where its databases are. */
  readonly databases: Databases<string>;
  /** Of histories and artifacts. */
  readonly notices: readonly Notice[];
  /** See {@link messagesDigest}. */
  readonly messages: string;
  readonly lastTimestamp: number | undefined;
  readonly creationTime: number;
  /** Of the header, those of which Aim has something. */
  readonly parts: readonly RunPart[];
}

/** The mark of a run's artifacts, as far as they are transferred; undefined where the source has none. */
export async function artifactsMark(
  store: TrackingStore,
  ref: RunRef,
  run: Run,
  { enabled }: ArtifactPolicy,
  signal: AbortSignal,
): Promise<string | undefined> {
  return enabled ? store.artifactsRevision?.(ref, run, signal) : '';
}

/** Keeps, while a run is written whole, what will be needed to add to it. */
export class AppendRecorder {
  private readonly marks = new Map<string, string>();
  private readonly states = new Map<string, MetricState | undefined>();
  private files: readonly KnownFile[] | undefined;

  private constructor(private readonly artifactsMark: string) {}

  /** Undefined where the source can only be read whole. To be called before anything of the run's body is read. */
  static async begin(
    store: TrackingStore,
    ref: RunRef,
    run: Run,
    policy: ArtifactPolicy,
    signal: AbortSignal,
  ): Promise<AppendRecorder | undefined> {
    if (store.changesSince === undefined) return undefined;
    const artifacts = await artifactsMark(store, ref, run, policy, signal);
    return artifacts === undefined ? undefined : new AppendRecorder(artifacts);
  }

  /** Hears the source's mark behind what was read of a metric. */
  readonly marked = (key: string, mark: string): void => {
    this.marks.set(key, mark);
  };

  /** Hears the state in which a metric is in Aim. */
  readonly written = (key: string, state: MetricState | undefined): void => {
    this.states.set(key, state);
  };

  /** Hears which artifacts there are. */
  readonly listed = (files: readonly KnownFile[]): void => {
    this.files = files;
  };

  /** What the ledger is to keep; undefined when the run has to be read whole the next time. */
  finish({ databases, notices, lastTimestamp, ...numbers }: WrittenRun): string | undefined {
    if (notices.some(({ kind }) => !TOLD_OF_LINES.has(kind) && !TOLD_OF_ARTIFACTS.has(kind))) return undefined;
    const metrics = new Map<string, KnownMetric>();
    for (const [key, mark] of this.marks) metrics.set(key, { mark });
    for (const [key, state] of this.states) {
      const mark = this.marks.get(key);
      if (mark === undefined || state === undefined) return undefined;
      metrics.set(key, { mark, state });
    }
    const { artifactsMark: mark, files } = this;
    const [meta, seqs] = [databaseFingerprint(databases.meta), databaseFingerprint(databases.seqs)];
    if (meta === undefined || seqs === undefined) return undefined;
    return encodeAppendState({
      databases: { meta, seqs },
      artifacts: { mark, ...(files !== undefined && { files }) },
      metrics,
      notices,
      ...(lastTimestamp !== undefined && { lastTimestamp }),
      ...numbers,
    });
  }
}

/** Empty for none. */
export function messagesDigest(messages: readonly LossMessage[], time: number): string {
  if (messages.length === 0) return '';
  const text = messages.map(({ message, args }) => [message, [...args].map(([key, value]) => [key, String(value)])]);
  return createHash('sha256')
    .update(JSON.stringify([time, text]))
    .digest('hex')
    .slice(0, 32);
}

/** The time of a growing run's messages, seconds: that of its last point, else its start. */
export function timeOf(lastTimestamp: number | undefined, { creationTime }: RunProperties): number {
  return lastTimestamp === undefined ? creationTime : lastTimestamp / 1000;
}
