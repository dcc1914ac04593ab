import { createHash } from 'node:crypto';
import type { MetricState } from '../../aim/metric-state.js';
import { type Databases, databaseFingerprint } from '../../aim/run-files.js';
import type { RunProperties } from '../../aim/run-properties.js';
import type { LossMessage } from '../../mapping/messages.js';
import type { TrackingStore } from '../../mlflow/common/tracking-store.js';
import type { ArtifactPlace, Notice, PointDataset, Run, RunPart, RunRef } from '../../model.js';
import type { ArtifactPolicy } from '../../policies.js';
import { encodeAppendState, type KnownDataset, type KnownFile, type KnownMetric } from './append-state.js';
import { Contents } from './contents.js';

/** Notices of histories that stay true when points are appended. Reading only what was added would not find others again. */
const LINE_NOTICES: ReadonlySet<Notice['kind']> = new Set(['line-skipped']);
const ARTIFACT_NOTICES: ReadonlySet<Notice['kind']> = new Set([
  'artifact-skipped',
  'artifacts-unreachable',
  'part-kept',
  'text-replaced',
]);

/** What is known once a run has been written. */
export interface RecordedRun {
  /** Where its databases are. */
  readonly databases: Databases<string>;
  /** Those of histories and artifacts. */
  readonly notices: readonly Notice[];
  /** See {@link messagesDigest}. */
  readonly messages: string;
  readonly lastTimestamp: number | undefined;
  readonly creationTime: number;
  /** The parts of the header of which Aim has something. */
  readonly parts: readonly RunPart[];
}

/** The revision of a run's artifacts; empty if they are not converted, undefined if the source cannot tell. */
export async function artifactsRevision(
  store: TrackingStore,
  ref: RunRef,
  run: Run,
  { enabled }: ArtifactPolicy,
  signal: AbortSignal,
): Promise<string | undefined> {
  return enabled ? store.artifactsRevision?.(ref, run, signal) : '';
}

/** Collects, while a run is written whole, what appending to it will need. */
export class AppendRecorder {
  private readonly cursors = new Map<string, string>();
  private readonly states: { readonly key: string; readonly state?: MetricState; readonly dataset?: PointDataset }[] =
    [];
  private files: readonly KnownFile[] | undefined;
  private readonly contents = new Contents();

  private constructor(private readonly revision: string) {}

  /** Undefined if the source can only be read whole. Call it before reading the run's histories and artifacts. */
  static async begin(
    store: TrackingStore,
    ref: RunRef,
    run: Run,
    policy: ArtifactPolicy,
    signal: AbortSignal,
  ): Promise<AppendRecorder | undefined> {
    if (store.changesSince === undefined) return undefined;
    const revision = await artifactsRevision(store, ref, run, policy, signal);
    return revision === undefined ? undefined : new AppendRecorder(revision);
  }

  /** Takes the cursor behind what was read of a metric. */
  readonly onCursor = (key: string, cursor: string): void => {
    this.cursors.set(key, cursor);
  };

  /** Takes the state of a sequence of a metric that was written; undefined if nothing can be appended to it. */
  readonly onMetricWritten = (key: string, state: MetricState | undefined, dataset: PointDataset | undefined): void => {
    this.states.push({ key, ...(state && { state }), ...(dataset && { dataset }) });
  };

  /** Takes all artifacts that are converted or linked. */
  readonly onListed = (files: readonly KnownFile[]): void => {
    this.files = files;
  };

  /** Takes the place of an artifact that was read. */
  readonly onRead = (place: ArtifactPlace): void => {
    this.contents.add(place);
  };

  /** The append state for the ledger; undefined if the run must be read whole the next time. */
  finish({ databases, notices, lastTimestamp, ...numbers }: RecordedRun): string | undefined {
    if (notices.some(({ kind }) => !LINE_NOTICES.has(kind) && !ARTIFACT_NOTICES.has(kind))) return undefined;
    const metrics = new Map<string, KnownMetric>();
    for (const [key, cursor] of this.cursors) metrics.set(key, { cursor });
    for (const { key, state, dataset } of this.states) {
      const known = metrics.get(key);
      if (known === undefined || state === undefined) return undefined;
      metrics.set(key, dataset === undefined ? { ...known, state } : withDataset(known, { dataset, state }));
    }
    const { revision, files } = this;
    const [meta, seqs] = [databaseFingerprint(databases.meta), databaseFingerprint(databases.seqs)];
    if (meta === undefined || seqs === undefined) return undefined;
    return encodeAppendState({
      databases: { meta, seqs },
      artifacts: { revision, ...(files !== undefined && { files: this.contents.of(files) }) },
      metrics,
      notices,
      ...(lastTimestamp !== undefined && { lastTimestamp }),
      ...numbers,
    });
  }
}

function withDataset(known: KnownMetric, added: KnownDataset): KnownMetric {
  return { ...known, datasets: [...(known.datasets ?? []), added] };
}

/** A digest of messages and their time; empty for none. */
export function messagesDigest(messages: readonly LossMessage[], time: number): string {
  if (messages.length === 0) return '';
  const text = messages.map(({ message, args }) => [message, [...args].map(([key, value]) => [key, String(value)])]);
  return createHash('sha256')
    .update(JSON.stringify([time, text]))
    .digest('hex')
    .slice(0, 32);
}

/** The time of an active run's messages, seconds: that of its last point, else its start. */
export function messageTimeOf(lastTimestamp: number | undefined, { creationTime }: RunProperties): number {
  return lastTimestamp === undefined ? creationTime : lastTimestamp / 1000;
}
