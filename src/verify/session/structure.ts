import pLimit from 'p-limit';
import type { AimRepository } from '../aim/repository.js';
import type { RunRows } from '../aim/rows.js';
import { nothingCompared, type RunVerdict } from '../compare/verdict.js';
import type { RunRow } from '../contents.js';
import type { StructureChecker } from '../work/structure-task.js';
import { isInSample } from './sample.js';
import type { VerifyEvents } from './verify-events.js';

/** What a check works with; the caller opens and closes it. */
export interface StructureParts {
  readonly aim: AimRepository;
  readonly rows: RunRows;
  readonly checker: StructureChecker;
  readonly events: VerifyEvents;
}

export interface StructureOptions {
  /** Runs under way at once. */
  readonly concurrency: number;
  /** The share of runs that are looked at, above 0 to 1. */
  readonly sample: number;
}

/** Checks the structure of all runs of a repository, and what belongs to none of them. */
export async function checkStructure(
  { aim, rows, checker, events }: StructureParts,
  { concurrency, sample }: StructureOptions,
  signal: AbortSignal,
): Promise<void> {
  const hashes = aim.hashes().filter((hash) => isInSample(hash, sample));
  events.emit('start', { repo: aim.path, runs: hashes.length });
  const isReadable = rows.check((finding) => void events.emit('finding', finding));
  const limit = pLimit(concurrency);
  const checkOne = async (hash: string) => {
    signal.throwIfAborted();
    const { state, looked, findings, findingCount } = await checker.check(hash);
    if (state === 'gone') return;
    const row = isReadable ? rows.row(hash) : undefined;
    const isWrong = findings.some(({ severity }) => severity === 'error');
    events.emit('progress', { points: looked.points });
    const differenceCount = findingCount - findings.length;
    events.emit('run', { ...verdictOf(hash, row, isWrong), compared: looked, findings, differenceCount });
  };
  try {
    await Promise.all(hashes.map((hash) => limit(checkOne, hash)));
  } finally {
    limit.clearQueue();
  }
  if (isReadable && sample === 1) aim.checkLayout(new Set(rows.hashes()));
}

function verdictOf(hash: string, row: RunRow | undefined, isWrong: boolean): RunVerdict {
  return {
    ...nothingCompared(hash),
    ...(row?.name != null && { runName: row.name }),
    ...(row?.experiment !== undefined && { experiment: row.experiment.name }),
    verdict: isWrong ? 'differs' : 'equal',
  };
}
