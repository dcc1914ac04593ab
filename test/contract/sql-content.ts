import type { SqlPoint, SqlRun } from '../support/sqlite-store-builder.js';
import type { ExpectedExperiment } from './tracking-store.js';

const RUN_A = 'a'.repeat(32);
const RUN_B = 'b'.repeat(32);
const RUN_C = 'c'.repeat(32);
export const MISSING = 'f'.repeat(32);

const series = (length: number): SqlPoint[] =>
  Array.from({ length }, (_, at) => ({
    timestamp: 1700000000000 + at * 250,
    value: Math.sin(at) / 3,
    step: BigInt(at),
  }));

/** Arrival order in a database is (timestamp, step, value). */
const odd: SqlPoint[] = [Number.NaN, Infinity, -Infinity, 0, 5e-324, 0.1 + 0.2, 1e22].map((value, at) => ({
  timestamp: at,
  value,
  step: BigInt(at) - 4n,
}));
const steps: SqlPoint[] = [-(2n ** 63n), -(2n ** 40n), 2n, 2n ** 53n + 1n, 2n ** 62n, 2n ** 63n - 1n].map((step) => ({
  timestamp: 7,
  value: Number(step % 7n),
  step,
}));
const tied: SqlPoint[] = [-Infinity, -1.5, 0, Number.NaN, 2, Infinity].map((value) => ({
  timestamp: 5,
  value,
  step: 1n,
}));

const metrics = { loss: series(30_000), 'train/acc': series(3), odd, steps, tied, 'with space': series(1) };
const params = { lr: '0.1', 'net/depth': '3', empty: '', text: 'a\nb\r\nc\n', größe: '实验 🚀', quoted: `'"\\?%` };
const tags = { 'mlflow.user': 'tester', team: 'red' };
const artifacts = {
  'a-b.txt': 'x',
  'a/b.txt': 'nested',
  'a.txt': '',
  'deep/er/100% #1?.txt': 'ü',
  'large.txt': 'y'.repeat(600_000),
};

/** The rows of a metric, last first: databases are asked for an order, not trusted to have one. */
const written = (points: readonly SqlPoint[]): SqlPoint[] => points.toReversed();

export const FULL_RUN: SqlRun = {
  runId: RUN_A,
  name: '1e5',
  params,
  tags: { ...tags, nothing: null },
  metrics: Object.fromEntries(Object.entries(metrics).map(([key, points]) => [key, written(points)])),
  artifacts,
  entryPoint: 'main',
  datasets: [
    { id: 'd2', name: 'train', digest: 'x2' },
    { id: 'd1', name: 'train', digest: 'x1', context: 'training', tags: { split: '0.8', by: 'ann' } },
  ],
  models: [
    { id: 'm-1', name: 'model', step: 7, params: { depth: '3' }, tags: { t: 'v' } },
    { id: 'm-2', name: 'failed', status: 3 },
    { id: 'm-3', name: 'gone', step: 8, deleted: true },
  ],
};
export const DELETED_RUN: SqlRun = { runId: RUN_B, name: 'gone', status: 'FAILED', lifecycleStage: 'deleted' };
export const LIVE_RUN: SqlRun = { runId: RUN_C, status: 'RUNNING', endTime: null, metrics: { loss: series(2) } };

const nothing = { params: {}, tags: {}, metrics: {}, artifacts: {} };

/** What a store holds of these runs: the first two in experiment "Default", the third in a deleted one. */
export const EXPECTED: readonly ExpectedExperiment[] = [
  {
    name: 'Default',
    lifecycleStage: 'active',
    tags: { 'mlflow.note.content': '# Note' },
    runs: [
      {
        runId: RUN_A,
        header: {
          name: '1e5',
          status: 'FINISHED',
          lifecycleStage: 'active',
          startTime: 1700000000000,
          endTime: 1700000060000,
          userId: 'tester',
          entryPoint: 'main',
        },
        params,
        tags: { ...tags, nothing: '' },
        metrics,
        artifacts,
        datasets: [
          {
            name: 'train',
            digest: 'x1',
            context: 'training',
            sourceType: 'local',
            source: '{"uri": "/data"}',
            tags: new Map([
              ['by', 'ann'],
              ['split', '0.8'],
            ]),
          },
          { name: 'train', digest: 'x2' },
        ],
        models: [
          { modelId: 'm-1', name: 'model', step: 7n, status: 'READY', params: new Map([['depth', '3']]) },
          { modelId: 'm-2', name: 'failed', status: 'FAILED', artifactUri: '/models/m-2' },
        ],
      },
      { runId: RUN_B, header: { name: 'gone', status: 'FAILED', lifecycleStage: 'deleted' }, ...nothing },
    ],
  },
  {
    name: 'old: ünd\nweg',
    lifecycleStage: 'deleted',
    tags: {},
    runs: [{ runId: RUN_C, header: { status: 'RUNNING' }, ...nothing, metrics: { loss: series(2) } }],
  },
  { name: 'empty', lifecycleStage: 'active', tags: {}, runs: [] },
];
