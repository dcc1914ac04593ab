import type { Family } from '../../family.js';
import type { MetricEnd, TrackingStore } from '../../mlflow/common/tracking-store.js';
import type { Experiment, Notice, Run, RunRef, StageContext } from '../../model.js';
import type { ArtifactPolicy, MappingPolicy } from '../../policies.js';
import type { Finding, MetricSequence, ObjectSequence, RunContents, RunRow } from '../contents.js';
import { type ExpectedArtifacts, expectedArtifacts, NO_ARTIFACTS } from '../expected/artifacts.js';
import { expectedAttributes } from '../expected/attributes.js';
import { expectedMessages } from '../expected/messages.js';
import { metricNames } from '../expected/metric-name.js';
import { expectedProperties } from '../expected/properties.js';
import { Unread } from '../expected/unread.js';
import { ArtifactComparison } from './compare-artifacts.js';
import { compareAttributes } from './compare-attributes.js';
import { compareLog } from './compare-log.js';
import { compareMessages } from './compare-messages.js';
import { MetricComparison } from './compare-metrics.js';
import { compareEndTime, compareRow, type WrittenRow } from './compare-row.js';
import { Differences } from './differences.js';
import type { RunFacts } from './run-facts.js';
import { type RunVerdict, verdictOf } from './verdict.js';

/** A run of MLflow's, and how it is read and mapped. */
export interface SourceRun {
  readonly store: TrackingStore;
  readonly ref: RunRef;
  readonly experiment: Experiment;
  readonly mapping: MappingPolicy;
  readonly artifacts: ArtifactPolicy;
  /** Milliseconds since the epoch: the moment by which an active run is stale. */
  readonly now: number;
  readonly depth: Depth;
  readonly family?: Family;
}

/**
 * How much is read: `quick` leaves out files and messages, and histories where a metric's end tells enough; `full` compares all that Aim holds; `files` reads the files
 * that stay in MLflow as well, to see that they are there.
 */
export type Depth = 'quick' | 'full' | 'files';

/** The same run in Aim, and what is known of it there. */
export interface AimRun {
  readonly contents: RunContents;
  readonly row: RunRow;
  /** Called when all of the run has been read: what else is checked of its structure. */
  readonly finish: () => void;
  /** What reading finds wrong is put here. */
  readonly findings: readonly Finding[];
  /** What the last conversion wrote into its row. */
  readonly written: WrittenRow | undefined;
  /** What was done about it when MLflow had deleted it. */
  readonly deletion: 'archived' | 'kept' | undefined;
  /** MLflow has, or had, other experiments of the same name. */
  readonly isNameShared: boolean;
  readonly isWrittenByAim: boolean;
  /** It has changed in MLflow since it was converted. */
  readonly hasChangedInMlflow: boolean;
}

/**
 * Compares one run completely: row, attributes, every point, every file, links, messages. Rejects with a ConvertError where the run
 * cannot be read in MLflow; parts that cannot are told in the verdict.
 */
export async function compareRun(source: SourceRun, aim: AimRun, signal: AbortSignal): Promise<RunVerdict> {
  const reading = new SourceReading(signal);
  const run = await source.store.run(source.ref, reading.context);
  const isActive = run.status === 'RUNNING' || run.status === 'SCHEDULED';
  const facts: RunFacts = {
    unread: reading.unread,
    isWrittenByAim: aim.isWrittenByAim,
    isBehind: isActive && aim.hasChangedInMlflow,
  };
  return new RunComparison(source, aim, run, reading, facts).compare();
}

/** Reads one run, and remembers what could not be read. */
class SourceReading {
  readonly unread = new Unread();
  readonly notices: Notice[] = [];
  readonly context: StageContext;

  constructor(signal: AbortSignal) {
    this.context = {
      signal,
      notice: (notice) => {
        this.notices.push(notice);
        this.unread.add(notice);
      },
      absent: (part) => this.unread.addAbsent(part),
    };
  }
}

class RunComparison {
  private readonly differences: Differences;

  constructor(
    private readonly source: SourceRun,
    private readonly aim: AimRun,
    private readonly run: Run,
    private readonly reading: SourceReading,
    private readonly facts: RunFacts,
  ) {
    this.differences = new Differences(aim.contents.hash);
  }

  async compare(): Promise<RunVerdict> {
    const { contents, findings } = this.aim;
    const metrics = await this.compareMetrics();
    const files = this.isQuick ? this.compareQuickly() : await this.compareHeader(metrics);
    if (!this.isQuick) this.aim.finish();
    const { differences, run, source } = this;
    const allowed = {
      pointsCollapsed: sum(metrics.totals.collapsed.values()),
      metricsRenumbered: metrics.totals.renumbered.size,
      links: files.links.length,
      kept: differences.count('kept'),
    };
    const verdict = verdictOf(differences, findings, allowed);
    return {
      hash: contents.hash,
      runId: run.id,
      runName: this.aim.row.name ?? run.id,
      experiment: source.experiment.name,
      verdict,
      allowed,
      ...(verdict === 'behind' && { pointsBehind: differences.pointsBehind }),
      compared: {
        metrics: metrics.totals.metrics,
        points: metrics.totals.points,
        files: files.objects.length,
        bytes: files.objects.reduce((bytes, object) => bytes + object.bytes, 0),
      },
      differences: differences.list,
      differenceCount: differences.total,
      findings,
      unread: this.reading.unread.reasons,
    };
  }

  private async compareMetrics(): Promise<MetricComparison> {
    const { source, run, reading, facts, differences } = this;
    const { store, ref, mapping } = source;
    const found = this.aim.contents.sequences.filter((one): one is MetricSequence => one.kind === 'metric');
    const comparison = new MetricComparison(found, facts, differences);
    const history = { store, ref, startTime: run.startTime, policy: mapping.repeatedSteps };
    const ends = await this.metricEnds();
    const { metrics, clashes } = metricNames([...ends.keys()], mapping.contexts);
    comparison.totals.clashes = clashes;
    for (const metric of metrics) {
      const end = ends.get(metric.key);
      if (end !== undefined && comparison.compareEnd(metric, end, history)) continue;
      await comparison.compare(metric, history, reading.context);
    }
    comparison.finish(mapping.contexts);
    return comparison;
  }

  /** The keys of all metrics, with what a quick look asks of each. */
  private async metricEnds(): Promise<ReadonlyMap<string, MetricEnd | undefined>> {
    const { store, ref } = this.source;
    const { context } = this.reading;
    const ends = this.isQuick ? await store.metricEnds?.(ref, context) : undefined;
    return ends ?? new Map((await store.metricKeys(ref, context)).map((key) => [key, undefined]));
  }

  /** Without a start time it would follow from the points. */
  private get isQuick(): boolean {
    return this.source.depth === 'quick' && this.run.startTime !== undefined;
  }

  /** What the header alone says. */
  private compareQuickly(): ExpectedArtifacts {
    const { source, run, facts, differences, aim } = this;
    const { mapping, now } = source;
    const properties = expectedProperties(run, source.experiment, undefined, { ...mapping, now });
    this.compareAttributes();
    compareRow(properties, aim.row, { ...facts, ...aim }, differences);
    // others end, or have become stale, with their last point
    const isEndKnown = run.status === 'SCHEDULED' || (run.status !== 'RUNNING' && run.endTime !== undefined);
    if (isEndKnown) compareEndTime(properties, aim.contents.endTime, facts, differences);
    return NO_ARTIFACTS;
  }

  private compareAttributes(): void {
    const { source, run, facts, differences, aim } = this;
    const { store, experiment, mapping, family } = source;
    const attributes = expectedAttributes(run, experiment, { ...mapping, trackingUri: store.uri, family });
    compareAttributes(
      attributes,
      aim.contents.attributes,
      { ...facts, isDeletedSince: aim.deletion !== undefined },
      differences,
    );
  }

  /** Everything but the metrics: some of it follows from the time of the last point. */
  private async compareHeader({ totals }: MetricComparison): Promise<ExpectedArtifacts> {
    const { source, run, reading, facts, differences, aim } = this;
    const { store, ref, experiment, mapping, now } = source;
    const properties = expectedProperties(run, experiment, totals.lastTime, { ...mapping, now });
    const readsLinked = source.depth === 'files';
    const files = await expectedArtifacts({ store, ref, run, policy: source.artifacts, readsLinked }, reading.context);
    this.compareAttributes();
    compareRow(properties, aim.row, { ...facts, ...aim }, differences);
    compareEndTime(properties, aim.contents.endTime, facts, differences);
    this.compareArtifacts(files, properties.createdAt / 1000);
    const messages = expectedMessages({
      ...totals,
      ...files,
      staleSince: properties.isStale ? properties.endedAt : undefined,
      notices: reading.notices,
    });
    const messageTime = (properties.endedAt ?? totals.lastTime ?? properties.createdAt) / 1000;
    compareMessages(messages, this.logSequence('__log_records'), messageTime, facts, differences);
    return files;
  }

  private compareArtifacts(files: ExpectedArtifacts, startTime: number): void {
    const { contents } = this.aim;
    const comparison = new ArtifactComparison(this.facts, this.differences);
    const objects = contents.sequences.filter((one): one is ObjectSequence => one.kind !== 'metric');
    comparison.compareObjects(files, objects, startTime);
    compareLog(files.log, this.logSequence('logs'), startTime, this.facts, this.differences);
    comparison.compareLinks(files, contents.artifacts);
  }

  private logSequence(name: string): ObjectSequence | undefined {
    return this.aim.contents.sequences.find(
      (one): one is ObjectSequence => one.kind === 'sequence' && one.name === name && one.context.entries.size === 0,
    );
  }
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
