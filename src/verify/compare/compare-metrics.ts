import type { MetricEnd } from '../../mlflow/common/tracking-store.js';
import type { StageContext } from '../../model.js';
import type { ContextRule } from '../../policies.js';
import type { MetricSequence } from '../contents.js';
import { type HistorySource, MetricHistory } from '../expected/metric-history.js';
import { type MetricName, metricName, type NamedMetric } from '../expected/metric-name.js';
import { type EndPolicy, endsAlike } from './compare-ends.js';
import { comparePoints } from './compare-points.js';
import { contextText } from './compare-values.js';
import type { DifferenceCode, DifferencePlace, Differences } from './differences.js';
import { causeOf, type RunFacts } from './run-facts.js';
import { show, showValue } from './show.js';

/** What the metrics of a run came to. */
export interface MetricTotals {
  metrics: number;
  /** Points that MLflow has. */
  points: number;
  readonly collapsed: Map<string, number>;
  readonly renumbered: Map<string, number>;
  /** Metrics that keep their names because they would have shared sequences. */
  clashes: number;
  /** Milliseconds; undefined without points. */
  lastTime: number | undefined;
}

/** So many differences of a metric are looked into; the others count as unexplained. */
const MOST_EXPLAINED = 1000;

/** Compares the metrics of a run one after the other; all sequences of metrics that Aim holds beside them are extra. */
export class MetricComparison {
  readonly totals: MetricTotals = {
    metrics: 0,
    points: 0,
    collapsed: new Map(),
    renumbered: new Map(),
    clashes: 0,
    lastTime: undefined,
  };
  private readonly found: Map<string, MetricSequence>;
  private readonly ofName: ReadonlyMap<string, readonly MetricSequence[]>;
  private explained = 0;

  constructor(
    sequences: Iterable<MetricSequence>,
    private readonly facts: RunFacts,
    private readonly differences: Differences,
  ) {
    const all = [...sequences];
    this.found = new Map(all.map((sequence) => [keyOf(sequence.name, sequence.context), sequence]));
    const ofName = new Map<string, MetricSequence[]>();
    for (const sequence of all) {
      const others = ofName.get(sequence.name);
      if (others === undefined) ofName.set(sequence.name, [sequence]);
      else others.push(sequence);
    }
    this.ofName = ofName;
  }

  /** Compares a metric by its end alone; false where only its history tells, or whether Aim has to have it at all. */
  compareEnd({ name: { name, context } }: NamedMetric, end: MetricEnd, policy: EndPolicy): boolean {
    const sequence = this.found.get(keyOf(name, context));
    if (sequence === undefined) return false;
    // which points are of a dataset only the history tells
    if (this.besides(sequence, 'dataset').length > 0) return false;
    const sequences = policy.policy === 'split' ? [sequence, ...this.besides(sequence, 'repeat')] : [sequence];
    if (!endsAlike(end, sequences, policy)) return false;
    for (const one of sequences) this.found.delete(keyOf(one.name, one.context));
    this.totals.metrics++;
    this.totals.points += sequences.reduce((points, one) => points + one.count(), 0);
    return true;
  }

  /** Reads the history of a metric and compares it. */
  async compare(metric: NamedMetric, source: HistorySource, context: StageContext): Promise<void> {
    const { key } = metric;
    const history = await MetricHistory.read(metric, source, context);
    if (history.points === 0) return;
    const { totals } = this;
    totals.metrics++;
    totals.points += history.points;
    totals.lastTime = Math.max(
      totals.lastTime ?? Number.NEGATIVE_INFINITY,
      history.lastTime ?? Number.NEGATIVE_INFINITY,
    );
    if (history.pointsRenumbered > 0) totals.renumbered.set(key, history.pointsRenumbered);
    let held = 0;
    const met = new Set<string>();
    for (let pass = 0; pass < history.passes; pass++) {
      for (const expected of await history.sequences(pass)) {
        const id = keyOf(expected.name, expected.context);
        const sequence = this.found.get(id);
        if (sequence === undefined && !met.has(id)) this.tellMissing(key, expected, history.points);
        met.add(id);
        held += expected.table.size;
        if (sequence !== undefined) {
          comparePoints({ history, pass }, expected, sequence, (code, place, isOfEarlierState) =>
            this.tell(key, code, { ...place, sequence }, isOfEarlierState),
          );
        }
      }
    }
    for (const id of met) this.found.delete(id);
    if (held < history.points) totals.collapsed.set(key, history.points - held);
  }

  /** What Aim holds of metrics that MLflow does not have. */
  finish(rules: readonly ContextRule[]): void {
    for (const sequence of this.found.values()) {
      const causes = keysNamed(sequence, rules).map((key) => causeOf(this.facts, 'metric-extra', 'metrics', key));
      const cause = causes.find((one) => one === 'kept') ?? causes[0]!;
      this.differences.add('metric-extra', cause, { sequence, found: `${sequence.count()} points` });
    }
  }

  /** The sequences that have another key in their context, and are otherwise of the same name and context. */
  private besides({ name, context }: MetricSequence, added: 'dataset' | 'repeat'): MetricSequence[] {
    return (this.ofName.get(name) ?? []).filter((other) => {
      const entries = new Map(other.context.entries);
      entries.delete('digest');
      return entries.delete(added) && contextText({ ...context, entries }) === contextText(context);
    });
  }

  private tellMissing(key: string, expected: MetricName, points: number): void {
    const cause = causeOf(this.facts, 'metric-missing', 'metrics', key);
    if (cause === 'behind') this.differences.pointsBehind += points;
    this.differences.add('metric-missing', cause, { sequence: idOf(expected), expected: `${points} points` });
  }

  private tell(key: string, code: DifferenceCode, place: DifferencePlace, isOfEarlierState: () => boolean): void {
    let cause = causeOf(this.facts, code, 'metrics', key);
    if (cause === 'unexplained' && this.facts.isBehind && this.explained++ < MOST_EXPLAINED && isOfEarlierState()) {
      cause = 'behind';
    }
    this.differences.add(code, cause, place);
  }
}

function keyOf(name: string, context: Parameters<typeof contextText>[0]): string {
  return `${contextText(context)} ${name}`;
}

/** The metrics of MLflow's that a sequence may belong to, where its name is their key or what is between the ends of a rule. */
function keysNamed({ name, context }: MetricSequence, rules: readonly ContextRule[]): string[] {
  const { name: expected } = metricName(name);
  const key = context.entries.get('key');
  const plain = key?.type === 'string' ? key.value : expected;
  const ruled = rules.filter((rule) => showValue(context.entries.get(rule.context)) === show(rule.value));
  return [plain, ...ruled.map(({ prefix, suffix }) => `${prefix}${plain}${suffix}`)];
}

function idOf({ name, context }: MetricName): NonNullable<DifferencePlace['sequence']> {
  const entries = [...context].map(
    ([key, value]): [string | bigint, { type: 'string'; value: string } | { type: 'int'; value: bigint }] => [
      key,
      typeof value === 'bigint' ? { type: 'int', value } : { type: 'string', value: String(value) },
    ],
  );
  return { name, context: { type: 'dict', entries: new Map(entries) } };
}
