import { createHash } from 'node:crypto';

/** A run that has a parent, or is the parent of one, as its source has it. */
export interface NestedRun {
  readonly name?: string;
  /** What its tag `mlflow.parentRunId` says. */
  readonly parentId?: string;
  /** Deleted runs are nobody's children. */
  readonly isDeleted?: boolean;
}

/** By run id, all such runs of one experiment. */
export type NestedRuns = ReadonlyMap<string, NestedRun>;

/** Where a run stands among nested runs. A plain object. */
export interface Family {
  readonly parentId?: string;
  /** Its name, if the experiment has the run. */
  readonly parent?: string;
  /** The last ancestor that is known by its id, and how many steps it is away; absent for parents in a circle. */
  readonly rootId?: string;
  readonly root?: string;
  readonly depth?: number;
  /** How many runs name it as their parent. */
  readonly children: number;
}

/** A run's revision with what decides about it beside the run: the names of its ancestors, and its children. */
export function revisionWith(revision: string, family: Family | undefined): string {
  if (family === undefined) return revision;
  const { parentId, parent, rootId, root, depth, children } = family;
  const text = JSON.stringify([parentId, parent, rootId, root, depth, children]);
  return `${revision}+${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}
