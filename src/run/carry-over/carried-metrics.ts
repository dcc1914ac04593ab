import type { KeptMetric, KeptMetrics } from '../../aim/metrics-writer.js';
import type { SequenceId } from '../../aim/sequence.js';
import { possibleKeys } from '../../mapping/metric-sequences.js';
import { metricKey } from '../../mapping/metric-target.js';
import type { ContextRule } from '../../policies.js';
import type { CarryOver } from './carry-over.js';

/** The metrics that are taken from Aim, because their histories cannot be read, or it is not even known which there are. */
export class CarriedMetrics implements KeptMetrics {
  readonly #written = new Set<string>();

  constructor(
    private readonly carry: CarryOver,
    private readonly contexts: readonly ContextRule[],
  ) {}

  /** A history that broke off, or is not complete, must not replace a complete one. */
  givesWay(key: string): boolean {
    if (this.carry.unread.names('metrics', key) && this.#keptBy((keys) => keys.includes(key)).length > 0) return true;
    this.#written.add(key);
    return false;
  }

  taken(): readonly KeptMetric[] {
    const { carry } = this;
    const { body } = carry.told;
    carry.tellAbsent(body, (kept, { part }) => part === 'metrics' && kept.metrics.length > 0);
    const { unread } = carry;
    if (!unread.has('metrics')) return [];
    const sequences = this.#keptBy(
      (keys) => !keys.some((key) => this.#written.has(key)) && keys.some((key) => unread.covers('metrics', key)),
    );
    carry.tellKept(body, 'metrics', new Set(sequences.map(metricKey)).size);
    return sequences.map((sequence) => ({
      sequence,
      points: carry.guard(carry.take((kept) => kept.pointsOf(sequence)) ?? []),
      description: carry.guard(carry.take((kept) => kept.descriptionOf(sequence)) ?? []),
    }));
  }

  /** @param isWanted asked with the keys of which a sequence may have been made */
  #keptBy(isWanted: (keys: readonly string[]) => boolean): readonly SequenceId[] {
    const { contexts } = this;
    return this.carry.take((kept) => kept.metrics.filter((one) => isWanted(possibleKeys(one, contexts)))) ?? [];
  }
}
