import type { PointBatch } from '../model.js';
import type { RepeatedSteps } from '../policies.js';
import { renumber } from './point-columns.js';
import { type StepOrder, type StepOrders, splitRepetitions } from './step-order.js';

/** Points of one Aim sequence, and the order in which they are stored. */
export interface OrderedPoints {
  readonly points: PointBatch;
  readonly order: StepOrder;
}

export interface ResolvedMetric {
  /** The sequence itself; under `split`, followed by one for each further repetition (`{"repeat": 1}`, 2 …). */
  readonly sequences: readonly OrderedPoints[];
  /** How many points were replaced by a later arrival at their step. */
  readonly collapsed: number;
  /** True if any step changed; a metric that was already numbered 0, 1, 2 … is unchanged. */
  readonly renumbered: boolean;
}

/** Turns a whole metric into what Aim can hold, one value per step, following the policy (docs/mapping.md). */
export function resolveRepeatedSteps(points: PointBatch, policy: RepeatedSteps, orders: StepOrders): ResolvedMetric {
  if (policy === 'split') {
    const layers = splitRepetitions(points.steps);
    return { sequences: layers.map((order) => ({ points, order })), collapsed: 0, renumbered: false };
  }
  const isToNumber = policy === 'index' || (policy === 'auto' && isOnOneStep(points.steps));
  const numbered = isToNumber ? renumber(points, 0) : points;
  const renumbered = isToNumber && !sameSteps(points.steps, numbered.steps);
  const order = orders.lastWins(numbered.steps);
  const collapsed = points.steps.length - order.order.length;
  return { sequences: [{ points: numbered, order }], collapsed, renumbered };
}

export function sameSteps(a: BigInt64Array, b: BigInt64Array): boolean {
  const bytes = (steps: BigInt64Array) => Buffer.from(steps.buffer, steps.byteOffset, steps.byteLength);
  return bytes(a).equals(bytes(b));
}

/** True for two or more points that all share one step. */
export function isOnOneStep(steps: BigInt64Array): boolean {
  return steps.length > 1 && steps.every((step) => step === steps[0]);
}
