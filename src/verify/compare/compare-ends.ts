import type { MetricEnd } from '../../mlflow/common/tracking-store.js';
import type { RepeatedSteps } from '../../policies.js';
import type { MetricBatch, MetricSequence } from '../contents.js';
import { secondsOf } from '../expected/metric-history.js';

/** What decides how a metric's points are kept. */
export interface EndPolicy {
  readonly policy: RepeatedSteps;
  /** Of the run, milliseconds. */
  readonly startTime: number | undefined;
}

/**
 * Whether Aim holds as many points of a metric as MLflow, and MLflow's latest where the policy puts it. False where that is not so, as of
 * points that collapsed: then the history tells what Aim has to hold.
 *
 * @param sequences of the metric: one, or with `split` one for each repetition
 */
export function endsAlike(
  { points, latest }: MetricEnd,
  sequences: readonly MetricSequence[],
  { policy, startTime }: EndPolicy,
): boolean {
  const counts = sequences.map((sequence) => sequence.count());
  const held = counts.reduce((sum, count) => sum + count, 0);
  if (held === 0 || (points !== undefined && held !== points)) return false;
  if (!sequences.every(hasLastPoint)) return false;
  const isLatest = (sequence: MetricSequence, step: bigint) =>
    isPoint(sequence.point(step), latest.value, secondsOf(latest.timestamp, startTime));
  if (policy !== 'index' && sequences.some((sequence) => isLatest(sequence, latest.step))) return true;
  // numbered: all points of the metric are in one sequence, and none collapsed
  const last = BigInt(held - 1);
  const [sequence] = sequences as [MetricSequence];
  const mayBeNumbered = policy === 'index' || policy === 'auto';
  return mayBeNumbered && sequence.summary.lastStep === last && isLatest(sequence, last);
}

/** Whether the last point is the one that the summary tells of. */
function hasLastPoint(sequence: MetricSequence): boolean {
  const { lastStep, last } = sequence.summary;
  const point = lastStep === undefined ? undefined : sequence.point(lastStep);
  return point !== undefined && last?.type === 'float' && point.valueBits[0] === last.bits;
}

function isPoint(found: MetricBatch | undefined, value: number, time: number): boolean {
  if (found === undefined || found.valueIsInt[0] === 1 || !Number.isNaN(found.epochs[0]!)) return false;
  // any NaN is as good as another
  return Object.is(found.values[0], value) && Object.is(found.times[0], time);
}
