import type { Finding } from '../contents.js';
import type { UnreadReason } from '../expected/unread.js';
import type { Difference, Differences } from './differences.js';

/**
 * What the verification of one run came to:
 * - `equal`: Aim holds exactly what MLflow has
 * - `expected`: it differs only by what docs/mapping.md says: collapsed points, renumbered metrics, links, kept parts
 * - `differs`: something is not as it has to be
 * - `missing`: MLflow has it, Aim does not
 * - `extra`: Aim has it, MLflow does not
 * - `behind`: it goes on in MLflow, and Aim has not got all of it yet
 * - `changed-in-aim`: it differs only by what a person or Aim's SDK did there
 * - `unread`: it could not be read, in MLflow or in Aim
 */
export type Verdict = 'equal' | 'expected' | 'differs' | 'missing' | 'extra' | 'behind' | 'changed-in-aim' | 'unread';

/** What docs/mapping.md lets differ, in numbers. */
export interface Allowed {
  readonly pointsCollapsed: number;
  readonly metricsRenumbered: number;
  /** Files that stay in MLflow. */
  readonly links: number;
  /** Differences in parts that could not be read in MLflow, and that Aim keeps. */
  readonly kept: number;
}

const NOTHING_ALLOWED: Allowed = { pointsCollapsed: 0, metricsRenumbered: 0, links: 0, kept: 0 };

/** What was looked at. */
export interface Compared {
  readonly metrics: number;
  readonly points: number;
  readonly files: number;
  readonly bytes: number;
}

/** The result of one run. A plain object: it crosses threads. */
export interface RunVerdict {
  readonly hash: string;
  readonly runId?: string;
  readonly runName?: string;
  readonly experiment?: string;
  readonly verdict: Verdict;
  readonly allowed: Allowed;
  /** Points that Aim has not got yet, of a run that is `behind`. */
  readonly pointsBehind?: number;
  readonly compared: Compared;
  /** The first differences, and how many there are. */
  readonly differences: readonly Difference[];
  readonly differenceCount: number;
  /** What is wrong with the structure of the run in Aim. */
  readonly findings: readonly Finding[];
  /** Parts of the run that could not be read in MLflow. */
  readonly unread: readonly UnreadReason[];
  /** Of an `extra` run: MLflow no longer has it, and Aim does not say so. */
  readonly isUnexpected?: boolean;
  /** Why, as a sentence, where that is not told by the differences. */
  readonly reason?: string;
}

const NOTHING_COMPARED: Compared = { metrics: 0, points: 0, files: 0, bytes: 0 };

/** What is said of a run of which nothing was compared. */
export function nothingCompared(hash: string): Omit<RunVerdict, 'verdict'> {
  return {
    hash,
    allowed: NOTHING_ALLOWED,
    compared: NOTHING_COMPARED,
    differences: [],
    differenceCount: 0,
    findings: [],
    unread: [],
  };
}

/** The verdict about a run that both sides have. */
export function verdictOf(differences: Differences, findings: readonly Finding[], allowed: Allowed): Verdict {
  if (differences.count('unexplained') > 0 || findings.some(({ severity }) => severity === 'error')) return 'differs';
  if (differences.count('behind') > 0) return 'behind';
  if (differences.count('changed-in-aim') > 0) return 'changed-in-aim';
  return Object.values(allowed).some((count) => count > 0) ? 'expected' : 'equal';
}
