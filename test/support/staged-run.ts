import { appendToMetric } from '../../src/aim/metric-state.js';
import type { Repository } from '../../src/aim/repository.js';
import { appendToRun } from '../../src/aim/run-appender.js';
import { databaseFingerprint, freeFileNumber, type StagedFiles, stagedFiles } from '../../src/aim/run-files.js';
import type { RunProperties } from '../../src/aim/run-properties.js';
import { RunWriter } from '../../src/aim/run-writer.js';
import { sequenceId } from '../../src/aim/sequence.js';
import { StepOrders } from '../../src/aim/step-order.js';
import type { StagedRun } from '../../src/run/task/run-result.js';
import { batchOf } from './points.js';

const orders = new StepOrders();
const LOSS = { key: 'loss', sequence: sequenceId('loss', new Map()) };

/** Builds a run with one metric of `points` points in the staging directory of a repository. */
export function stage(repository: Repository, hash: string, points: number): StagedFiles {
  const files = stagedFiles(repository, hash);
  const build = { hash, files, fileNumber: freeFileNumber(repository, hash) };
  const writer = new RunWriter(build, 'auto', orders, { onNotice: () => {} });
  const values = Array.from({ length: points }, (_, i) => ({ step: BigInt(i), value: i / 2, timestamp: 1000 + i }));
  if (points > 0) writer.points(LOSS, batchOf(values));
  writer.endMetrics();
  writer.finish({ attributes: new Map([['points', BigInt(points)]]), endTime: 2, messages: [], messageTime: 2 });
  return files;
}

/** The same, ready to be published. */
export function stagedRun(repository: Repository, hash: string, points: number): StagedRun {
  const files = stage(repository, hash, points);
  return { ...propertiesOf(points), hash, runId: hash, files };
}

/** Adds points to a run that lies in its place with points 0 to `from` - 1, ready to be published. */
export function stagedAppend(repository: Repository, hash: string, from: number, to: number): StagedRun {
  const live = { meta: repository.meta(hash), seqs: repository.seqs(hash) };
  const appendsTo = { meta: databaseFingerprint(live.meta) ?? '', seqs: databaseFingerprint(live.seqs) ?? '' };
  const files: StagedFiles = { ...stagedFiles(repository, hash), appendsTo };
  const values = Array.from({ length: to - from }, (_, i) => ({
    step: BigInt(from + i),
    value: (from + i) / 2,
    timestamp: 1000 + from + i,
  }));
  const grown = appendToMetric(undefined, batchOf(values), 'auto', orders);
  const [first, last] = [0, (to - 1) / 2];
  const summary = { first, firstStep: 0n, last, lastStep: BigInt(to - 1), min: first, max: last };
  appendToRun(hash, live, files, {
    points: grown === undefined ? [] : [{ sequence: LOSS.sequence, ordered: grown.ordered }],
    summaries: [{ sequence: LOSS.sequence, summary }],
    end: { attributes: new Map([['points', BigInt(to)]]), endTime: 2, messages: [], messageTime: 2 },
    newMessages: false,
  });
  return { ...propertiesOf(to), hash, runId: hash, files };
}

function propertiesOf(points: number): Omit<StagedRun, 'hash' | 'runId' | 'files'> {
  const properties: RunProperties = {
    name: `${points} points`,
    creationTime: 1,
    archived: false,
    labels: [],
    experiment: { name: 'mnist' },
  };
  return { revision: String(points), inputs: 'i', reviewAt: null, properties };
}
