import type { Finding, SequenceId } from '../contents.js';

/** In what a run of Aim's is not what MLflow's makes of it. Listed in docs/codes.md. */
export type DifferenceCode =
  | 'attribute-missing'
  | 'attribute-extra'
  | 'attribute-differs'
  | 'metric-missing'
  | 'metric-extra'
  | 'point-missing'
  | 'point-extra'
  | 'value-differs'
  | 'time-differs'
  | 'step-differs'
  | 'type-differs'
  | 'object-missing'
  | 'object-extra'
  | 'object-differs'
  | 'link-missing'
  | 'link-extra'
  | 'link-differs'
  | 'log-differs'
  | 'message-missing'
  | 'message-extra'
  | 'message-differs'
  | 'property-differs'
  | 'label-missing'
  | 'label-extra'
  | 'label-differs'
  | 'note-missing'
  | 'note-extra'
  | 'note-differs'
  | 'end-time-differs';

/**
 * Why a difference is there: a part that cannot be read in MLflow and that Aim keeps; what a person or Aim's SDK has done; what MLflow
 * has got since the last conversion of an active run; or nothing that explains it.
 */
export type Cause = 'kept' | 'changed-in-aim' | 'behind' | 'unexplained';

export interface Difference extends Finding<DifferenceCode> {
  readonly cause: Cause;
}

/** What is known of the place of a difference. */
export interface DifferencePlace {
  readonly sequence?: SequenceId;
  readonly step?: bigint;
  readonly record?: string;
  readonly expected?: string;
  readonly found?: string;
}

/** Of one run, in memory: the first of them, and how many there are. */
const MOST_KEPT = 1000;

/** Collects the differences of a run. */
export class Differences {
  private readonly kept: Difference[] = [];
  private readonly perCause = new Map<Cause, number>();
  /** Points that MLflow has and Aim does not, as far as {@link Cause} `behind` explains them. */
  pointsBehind = 0;

  constructor(private readonly run: string) {}

  add(code: DifferenceCode, cause: Cause, place: DifferencePlace): void {
    this.perCause.set(cause, this.count(cause) + 1);
    if (code === 'point-missing' && cause === 'behind') this.pointsBehind++;
    if (this.kept.length >= MOST_KEPT) return;
    const severity = cause === 'unexplained' ? 'error' : 'note';
    const { sequence, ...rest } = place;
    // a sequence that was read has functions, which cannot cross threads
    const id = sequence && { sequence: { name: sequence.name, context: sequence.context } };
    this.kept.push({ code, severity, cause, run: this.run, ...id, ...rest });
  }

  /** The first of them; those that nothing explains may be among the others. */
  get list(): readonly Difference[] {
    return this.kept;
  }

  count(cause: Cause): number {
    return this.perCause.get(cause) ?? 0;
  }

  get total(): number {
    return [...this.perCause.values()].reduce((sum, count) => sum + count, 0);
  }
}
