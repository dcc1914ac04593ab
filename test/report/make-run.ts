import { emptyCounts, type RunCounts, type RunReport } from '../../src/outcome.js';

/** A report of a run, with as little as a test wants to say about it. */
export function makeRun(
  overrides: Partial<Omit<RunReport, 'counts'>> & { counts?: Partial<RunCounts> } = {},
): RunReport {
  return {
    runId: '32b3397657a7444988306d280a954bbb',
    runHash: '32b3397657a7444988306d280a954bbb',
    experiment: 'resnet50',
    outcome: 'new',
    notices: [],
    ...overrides,
    counts: { ...emptyCounts(), ...overrides.counts },
  };
}
