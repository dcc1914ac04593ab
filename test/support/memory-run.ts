import type { Run } from '../../src/model.js';
import type { MemoryRun } from './memory-store.js';

const START = 1_700_000_000_000;

/** A run for a `MemoryStore`: its metrics have these values at the steps 0, 1, 2 …, one each second. */
export function memoryRun(
  id: string,
  metrics: Readonly<Record<string, readonly number[]>>,
  { revision = '1', ...run }: Partial<Run> & { readonly revision?: string } = {},
): MemoryRun {
  const points = Object.entries(metrics).map(([key, values]) => [
    key,
    values.map((value, i) => ({ step: BigInt(i), value, timestamp: START + 1000 * i })),
  ]);
  return {
    revision,
    run: {
      id,
      experimentId: '1',
      status: 'FINISHED',
      lifecycleStage: 'active',
      startTime: START,
      endTime: START + 60_000,
      params: new Map(),
      tags: new Map(),
      datasets: [],
      models: [],
      ...run,
    },
    metrics: Object.fromEntries(points),
  };
}
