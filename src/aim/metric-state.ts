import type { PointBatch } from '../model.js';
import type { RepeatedSteps } from '../policies.js';
import { renumber } from './point-columns.js';
import { type OrderedPoints, resolveRepeatedSteps, sameSteps } from './repeated-steps.js';
import type { SpilledMetric } from './spilled-metric.js';
import type { StepOrders } from './step-order.js';
import { Summarizer, type SummaryState, stepOf } from './summary.js';

/** What must be known about a metric in Aim to add points to it. */
export interface MetricState {
  /** Points that came from MLflow. */
  readonly received: number;
  /** How many of them were replaced by a later point at the same step. */
  readonly collapsed: number;
  /** Whether steps were replaced by arrival numbers. */
  readonly renumbered: boolean;
  /** Under `auto`, the step that all of them share. */
  readonly lone?: bigint;
  /** The summary of the sequence in Aim. */
  readonly summary: SummaryState;
}

/** Points to add to a sequence, and the state afterwards. */
export interface AppendedPoints {
  readonly ordered: OrderedPoints;
  readonly state: MetricState;
}

/** Beyond this, Aim rounds steps, and several become one. */
const EXACT_STEP = 2n ** 53n;

/**
 * What new points, which arrived after those of `state` (undefined for a new metric), add to a sequence. Undefined if that
 * depends on the earlier points, so that the whole metric must be read: a step is below the highest one, a step repeats
 * under `split`, or numbering starts or ends.
 */
export function appendToMetric(
  state: MetricState | undefined,
  points: PointBatch,
  policy: RepeatedSteps,
  orders: StepOrders,
): AppendedPoints | undefined {
  if (state === undefined) return beginMetric(points, policy, orders);
  if (policy === 'index') return addNumbered(state, points, orders);
  if (state.lone === undefined || policy !== 'auto') return addInOrder(state, points, policy, orders);
  const { lone, received } = state;
  if (points.steps.every((step) => step === lone)) {
    // A single point keeps its step; once a second one joins it, it becomes number 0.
    return received > 1 || lone === 0n ? addNumbered(state, points, orders) : undefined;
  }
  return received > 1 ? undefined : addInOrder(state, points, policy, orders);
}

function beginMetric(points: PointBatch, policy: RepeatedSteps, orders: StepOrders): AppendedPoints | undefined {
  const { sequences, collapsed, renumbered } = resolveRepeatedSteps(points, policy, orders);
  const [ordered, ...repetitions] = sequences;
  if (ordered === undefined || repetitions.length > 0) return undefined;
  const summarizer = new Summarizer();
  summarizer.add(ordered.points, ordered.order.order);
  const state = metricState(points, policy, { collapsed, renumbered }, summarizer);
  return state === undefined ? undefined : { ordered, state };
}

/** The state of a metric all of whose points are `points`. */
export function metricState(
  { steps }: PointBatch,
  policy: RepeatedSteps,
  numbers: Pick<MetricState, 'collapsed' | 'renumbered'>,
  { state: summary }: Summarizer,
): MetricState | undefined {
  if (summary === undefined || !isExact(stepOf(summary.last))) return undefined;
  const [first] = steps;
  const isLone = policy === 'auto' && first !== undefined && steps.every((step) => step === first);
  return { received: steps.length, ...numbers, ...(isLone && { lone: first }), summary };
}

/** The state of a metric that was too long for memory. */
export function spilledState(
  { count: received, collapsed, renumbered, loneStep: lone }: SpilledMetric,
  { state: summary }: Summarizer,
): MetricState | undefined {
  if (summary === undefined || !isExact(stepOf(summary.last))) return undefined;
  return { received, collapsed, renumbered, ...(lone !== undefined && { lone }), summary };
}

function addNumbered(state: MetricState, points: PointBatch, orders: StepOrders): AppendedPoints {
  const { received, renumbered } = state;
  const numbered = renumber(points, received);
  return {
    ordered: { points: numbered, order: orders.lastWins(numbered.steps) },
    state: {
      ...state,
      received: received + points.steps.length,
      renumbered: renumbered || !sameSteps(points.steps, numbered.steps),
      summary: goOn(state.summary, numbered),
    },
  };
}

/** Whether steps never decrease and start no lower than the highest so far: each is new or replaces the last. */
function addInOrder(
  { lone: _, ...state }: MetricState,
  points: PointBatch,
  policy: RepeatedSteps,
  orders: StepOrders,
): AppendedPoints | undefined {
  const { steps } = points;
  const last = stepOf(state.summary.last);
  const end = steps.at(-1);
  if (end === undefined || !isExact(last) || !isExact(end)) return undefined;
  let previous = last;
  for (const step of steps) {
    if (step < previous || (step === previous && policy === 'split')) return undefined;
    previous = step;
  }
  const order = orders.lastWins(steps);
  const replaced = steps.length - order.order.length + (steps[0] === last ? 1 : 0);
  return {
    ordered: { points, order },
    state: {
      ...state,
      received: state.received + steps.length,
      collapsed: state.collapsed + replaced,
      summary: goOn(state.summary, points),
    },
  };
}

function goOn(summary: SummaryState, points: PointBatch): SummaryState {
  const summarizer = Summarizer.from(summary);
  summarizer.add(points, Uint32Array.from(points.steps.keys()));
  return summarizer.state ?? summary;
}

function isExact(step: bigint): boolean {
  return step <= EXACT_STEP && step >= -EXACT_STEP;
}
