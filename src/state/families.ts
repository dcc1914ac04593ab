import type { Family, NestedRuns } from '../family.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { Experiment } from '../model.js';
import type { EnumeratedRun } from '../stages/enumerate-runs.js';

/** Further up nobody looks, and a store that somebody made to be slow is not. */
const MAX_DEPTH = 64;

interface Known {
  readonly nested: NestedRuns;
  readonly children: ReadonlyMap<string, number>;
}

/**
 * Where runs stand among nested runs. Each listing makes new experiments, so what was read for one is of the listing's time; of
 * single runs that change in between it may be older, which the next listing puts right.
 */
export class Families {
  readonly #known = new WeakMap<Experiment, Promise<Known>>();
  readonly #stopping = new AbortController();

  constructor(private readonly store: Pick<TrackingStore, 'nestedRuns'>) {}

  /** Undefined for a run without parent and children. */
  async of({ experiment, ref }: EnumeratedRun): Promise<Family | undefined> {
    let known = this.#known.get(experiment);
    if (known === undefined) {
      known = this.#read(experiment);
      this.#known.set(experiment, known);
    }
    return familyOf(await known, ref.runId);
  }

  /** What is being read rejects. */
  stop(): void {
    this.#stopping.abort();
  }

  async #read(experiment: Experiment): Promise<Known> {
    const nested: NestedRuns = (await this.store.nestedRuns?.(experiment, this.#stopping.signal)) ?? new Map();
    const children = new Map<string, number>();
    for (const { parentId, isDeleted } of nested.values()) {
      if (parentId !== undefined && isDeleted !== true) children.set(parentId, (children.get(parentId) ?? 0) + 1);
    }
    return { nested, children };
  }
}

function familyOf({ nested, children }: Known, runId: string): Family | undefined {
  const count = children.get(runId) ?? 0;
  const parentId = nested.get(runId)?.parentId;
  if (parentId === undefined) return count === 0 ? undefined : { depth: 0, children: count };
  const parent = nested.get(parentId)?.name;
  return { parentId, ...(parent !== undefined && { parent }), ...rootOf(nested, runId), children: count };
}

function rootOf(nested: NestedRuns, runId: string): Pick<Family, 'rootId' | 'root' | 'depth'> {
  const path = new Set([runId]);
  let at = runId;
  for (;;) {
    const next = nested.get(at)?.parentId;
    if (next === undefined) break;
    if (path.has(next) || path.size > MAX_DEPTH) return {};
    path.add(next);
    at = next;
  }
  const root = nested.get(at)?.name;
  return { rootId: at, ...(root !== undefined && { root }), depth: path.size - 1 };
}
