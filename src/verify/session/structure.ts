import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import type { AimRepository } from '../aim/repository.js';
import type { RunRows } from '../aim/rows.js';
import { nothingCompared, type RunVerdict } from '../compare/verdict.js';
import type { RunRow } from '../contents.js';
import { StructureInProcess } from '../work/structure-in-process.js';
import { StructurePool } from '../work/structure-pool.js';
import type { StructureChecker } from '../work/structure-task.js';
import { isInSample } from './sample.js';
import type { VerifyEvents } from './verify-events.js';

/** What a check works with; the caller opens and closes it. */
interface StructureParts {
  readonly aim: AimRepository;
  readonly rows: RunRows;
  readonly checker: StructureChecker;
  readonly events: VerifyEvents;
}

interface StructureOptions {
  /** Runs under way at once. */
  readonly concurrency: number;
  /** The share of runs that are looked at, above 0 to 1. */
  readonly sample: number;
}

/**
 * Checks a repository without its source, and closes it. Rejects with a `fatal` error, or with the signal's reason.
 *
 * @param inProcess work in the calling thread rather than in worker threads
 */
export async function verifyStructure(
  aim: AimRepository,
  events: VerifyEvents,
  { inProcess, ...options }: StructureOptions & { readonly inProcess: boolean },
  signal: AbortSignal,
): Promise<void> {
  const threads = Math.min(options.concurrency, availableParallelism());
  const checker = inProcess ? new StructureInProcess(aim.path) : new StructurePool({ repository: aim.path }, threads);
  const stop = () => void checker.stop();
  signal.addEventListener('abort', stop);
  try {
    const rows = aim.openRows();
    try {
      await checkStructure({ aim, rows, checker, events }, { ...options, concurrency: threads }, signal);
    } finally {
      rows.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    await checker.stop();
    aim.close();
  }
}

/** Checks the structure of all runs of a repository, and what belongs to none of them. */
async function checkStructure(
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
