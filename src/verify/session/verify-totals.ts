import { listen } from '../../events.js';
import type { RunVerdict, Verdict } from '../compare/verdict.js';
import type { VerifyEventMap, VerifyEvents } from './verify-events.js';

/** What a verification came to, in numbers. */
export interface VerifyTotals {
  /** Runs by verdict. */
  readonly runs: Readonly<Record<Verdict, number>>;
  readonly experiments: number;
  readonly experimentsFailed: number;
  readonly metrics: number;
  readonly points: number;
  readonly files: number;
  readonly bytes: number;
  readonly pointsCollapsed: number;
  readonly metricsRenumbered: number;
  readonly links: number;
  readonly kept: number;
  readonly pointsBehind: number;
  /** Runs of which parts could not be read in MLflow and are not accepted as missing. */
  readonly runsIncomplete: number;
  /** Runs that MLflow no longer has, and of which Aim does not say so. */
  readonly extraUnexpected: number;
  /** What is wrong with the structure of Aim's files, beside what is counted with runs. */
  readonly findings: number;
}

/**
 * The result as a whole: `differences` where anything is not as it has to be; `incomplete` where some parts could not be read and
 * nothing else is wrong; else `as-expected`.
 */
export type VerifyOutcome = 'as-expected' | 'differences' | 'incomplete';

export function outcomeOf({
  runs,
  extraUnexpected,
  findings,
  experimentsFailed,
  runsIncomplete,
}: VerifyTotals): VerifyOutcome {
  if (runs.differs + runs.missing + extraUnexpected + findings > 0) return 'differences';
  return runs.unread + runsIncomplete + experimentsFailed > 0 ? 'incomplete' : 'as-expected';
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Adds up what a verification tells. */
export class TotalsCounter {
  private readonly counted: Mutable<VerifyTotals> & { runs: Record<Verdict, number> } = {
    runs: { equal: 0, expected: 0, differs: 0, missing: 0, extra: 0, behind: 0, 'changed-in-aim': 0, unread: 0 },
    experiments: 0,
    experimentsFailed: 0,
    metrics: 0,
    points: 0,
    files: 0,
    bytes: 0,
    pointsCollapsed: 0,
    metricsRenumbered: 0,
    links: 0,
    kept: 0,
    pointsBehind: 0,
    runsIncomplete: 0,
    extraUnexpected: 0,
    findings: 0,
  };

  private readonly stopListening: () => void;

  constructor(events: VerifyEvents) {
    this.stopListening = listen<VerifyEventMap>(events, {
      experiment: () => void this.counted.experiments++,
      'experiment:failed': () => void this.counted.experimentsFailed++,
      finding: ({ severity }) => {
        if (severity === 'error') this.counted.findings++;
      },
      run: (run) => this.count(run),
    });
  }

  /** Counts no more; the events may go on to somebody else. */
  close(): void {
    this.stopListening();
  }

  get totals(): VerifyTotals {
    return this.counted;
  }

  private count({ verdict, allowed, compared, pointsBehind = 0, unread, isUnexpected = false }: RunVerdict): void {
    const { counted } = this;
    counted.runs[verdict]++;
    counted.metrics += compared.metrics;
    counted.points += compared.points;
    counted.files += compared.files;
    counted.bytes += compared.bytes;
    counted.pointsCollapsed += allowed.pointsCollapsed;
    counted.metricsRenumbered += allowed.metricsRenumbered;
    counted.links += allowed.links;
    counted.kept += allowed.kept;
    counted.pointsBehind += pointsBehind;
    if (unread.length > 0) counted.runsIncomplete++;
    if (verdict === 'extra' && isUnexpected) counted.extraUnexpected++;
  }
}
