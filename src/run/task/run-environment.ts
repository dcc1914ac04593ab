import type { Repository } from '../../aim/repository.js';
import type { StepOrders } from '../../aim/step-order.js';
import type { TrackingStore } from '../../mlflow/common/tracking-store.js';
import type { ArtifactPolicy, MappingPolicy } from '../../policies.js';
import type { CustomStages } from '../../stages/custom-stages.js';
import type { Progress } from '../../stages/write-batches.js';

/** The options of a conversion that decide about a single run. */
export interface RunOptions {
  readonly includeDeleted: boolean;
  readonly overwrite: boolean;
  readonly mapping: MappingPolicy;
  readonly artifacts: ArtifactPolicy;
  /** The options that decide about reading the source: see {@link sourceInputs}. */
  readonly source: string;
  /** The version of a program's own stages; absent without any. */
  readonly stages?: string;
}

/** What the tasks of one converter share. */
export interface RunEnvironment {
  readonly store: TrackingStore;
  readonly repository: Repository;
  readonly options: RunOptions;
  readonly orders: StepOrders;
  readonly progress: Progress;
  /** Of this thread alone. */
  readonly stages?: CustomStages | undefined;
}
