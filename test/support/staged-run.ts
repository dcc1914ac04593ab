import type { Repository } from '../../src/aim/repository.js';
import { freeFileNumber, type StagedFiles, stagedFiles } from '../../src/aim/run-files.js';
import type { RunProperties } from '../../src/aim/run-metadata.js';
import { RunWriter } from '../../src/aim/run-writer.js';
import { sequenceId } from '../../src/aim/sequence.js';
import { StepOrders } from '../../src/aim/step-order.js';
import type { StagedRun } from '../../src/convert-run.js';
import { batchOf } from './points.js';

const orders = new StepOrders();
const LOSS = { key: 'loss', sequence: sequenceId('loss', new Map()) };

/** Builds a run with one metric of `points` points in the staging directory of a repository. */
export function stage(repository: Repository, hash: string, points: number): StagedFiles {
  const files = stagedFiles(repository, hash);
  const build = { hash, files, fileNumber: freeFileNumber(repository, hash) };
  const writer = new RunWriter(build, 'auto', orders, () => {});
  const values = Array.from({ length: points }, (_, i) => ({ step: BigInt(i), value: i / 2, timestamp: 1000 + i }));
  if (points > 0) writer.points(LOSS, batchOf(values));
  writer.endMetrics();
  writer.finish({ attributes: new Map([['points', BigInt(points)]]), endTime: 2, messages: [], messageTime: 2 });
  return files;
}

/** The same, ready to be published. */
export function stagedRun(repository: Repository, hash: string, points: number): StagedRun {
  const properties: RunProperties = {
    name: `${points} points`,
    creationTime: 1,
    archived: false,
    labels: [],
    experiment: { name: 'mnist' },
  };
  const files = stage(repository, hash, points);
  return { hash, runId: hash, files, revision: String(points), inputs: 'i', reviewAt: null, properties };
}
