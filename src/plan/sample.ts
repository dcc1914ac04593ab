import { Repository } from '../aim/repository.js';
import { openConversion } from '../conversion/open-conversion.js';
import { ConvertEvents } from '../events.js';
import type { TrackingStore } from '../mlflow/common/tracking-store.js';
import type { ResolvedOptions } from '../options.js';
import { NOTHING_ACCEPTED } from '../policies.js';
import type { CustomStages } from '../stages/custom-stages.js';
import { diskUse } from './disk-use.js';
import { addSampledLosses, type Before, type Estimate, estimate } from './estimate.js';
import type { Losses } from './losses.js';
import { measure } from './measure.js';
import { freeSpace } from './requirements.js';
import type { Stratum } from './strata.js';

/** A sample writes no more than this, and no more than a quarter of what is free. */
const MOST_BYTES = 1e9;

export interface SampleParts {
  readonly store: TrackingStore;
  readonly options: ResolvedOptions;
  readonly stages?: CustomStages | undefined;
  /** An empty directory; what is in it afterwards is to be removed. */
  readonly directory: string;
  /** Hears of what only reading shows. */
  readonly losses: Losses;
}

/** Converts some of the runs into a repository of their own, exactly as a conversion does it, and extrapolates. */
export async function takeSample(
  strata: readonly Stratum[],
  { store, options, stages, directory, losses }: SampleParts,
  before: Omit<Before, 'empty'>,
  signal: AbortSignal,
): Promise<Estimate> {
  const repository = Repository.open(directory);
  const empty = diskUse(repository.path);
  const events = new ConvertEvents();
  const conversion = openConversion(
    { store, repository, stages },
    { ...options, repo: directory, missing: NOTHING_ACCEPTED },
    events,
  );
  try {
    const room = Math.min(MOST_BYTES, freeSpace(directory).bytes / 4);
    const { concurrency } = options;
    const bench = { conversion, events, concurrency, room };
    const measured = await measure(strata, bench, signal);
    addSampledLosses(measured, losses);
    return estimate(measured, repository, { ...before, empty });
  } finally {
    await conversion.close();
  }
}
