import type { Family, NestedRuns } from '../../family.js';
import type { TrackingStore } from '../../mlflow/common/tracking-store.js';
import type { Experiment } from '../../model.js';
import { countChildren, expectedFamily } from '../expected/family.js';

interface Nested {
  readonly runs: NestedRuns;
  readonly children: ReadonlyMap<string, number>;
}

/** Where the runs of a listing stand among nested runs. Read once for each experiment. */
export class ExpectedFamilies {
  private readonly nested = new WeakMap<Experiment, Promise<Nested>>();

  constructor(private readonly store: Pick<TrackingStore, 'nestedRuns'>) {}

  async of(experiment: Experiment, runId: string, signal: AbortSignal): Promise<Family | undefined> {
    let nested = this.nested.get(experiment);
    if (nested === undefined) {
      nested = this.read(experiment, signal);
      this.nested.set(experiment, nested);
    }
    const { runs, children } = await nested;
    return expectedFamily(runs, children, runId);
  }

  private async read(experiment: Experiment, signal: AbortSignal): Promise<Nested> {
    const runs: NestedRuns = (await this.store.nestedRuns?.(experiment, signal)) ?? new Map();
    return { runs, children: countChildren(runs) };
  }
}
