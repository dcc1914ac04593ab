import { openStore } from '../../src/mlflow/open-store.js';
import { FileStoreBuilder, type TestPoint } from '../support/file-store-builder.js';
import { type ContractSource, TRAIN_DATASET, trackingStoreContract } from './tracking-store.js';

const RUN_A = 'a'.repeat(32);
const RUN_B = 'b'.repeat(32);
const RUN_C = 'c'.repeat(32);

const series = (length: number): TestPoint[] =>
  Array.from({ length }, (_, at) => ({
    timestamp: 1700000000000 + at * 250,
    value: Math.sin(at) / 3,
    step: BigInt(at),
  }));

trackingStoreContract('file store', async (): Promise<ContractSource> => {
  const builder = new FileStoreBuilder();
  const odd: TestPoint[] = [
    Number.NaN,
    Infinity,
    -Infinity,
    -0,
    0,
    5e-324,
    1.7976931348623157e308,
    0.1 + 0.2,
    1e22,
  ].map((value, at) => ({ timestamp: at, value, step: BigInt(at) - 4n }));
  const steps: TestPoint[] = [5n, 5n, 2n ** 53n + 1n, -(2n ** 40n), 2n ** 62n].map((step, at) => ({
    timestamp: 7,
    value: at,
    step,
  }));
  const metrics = { loss: series(30_000), 'train/acc': series(3), odd, steps, 'with space': series(1) };
  const params = { lr: '0.1', 'net/depth': '3', empty: '', text: 'a\nb\r\nc\n', größe: '实验 🚀' };
  const tags = { 'mlflow.user': 'tester', team: 'red' };
  const artifacts = {
    'a-b.txt': 'x',
    'a/b.txt': 'nested',
    'a.txt': '',
    'deep/er/100% #1?.txt': 'ü',
    'large.txt': 'y'.repeat(600_000),
  };

  builder.experiment({ id: '0', name: 'Default', tags: { 'mlflow.note.content': '# Note' } });
  builder.run('0', {
    runId: RUN_A,
    name: '1e5',
    params,
    tags,
    metrics,
    artifacts,
    entryPoint: 'main',
    datasets: [{ id: 'd1', name: 'train', digest: 'x1', context: 'training', tags: { split: '0.8' } }],
    models: [{ id: 'm-1', name: 'model', step: 7, params: { depth: '3' }, tags: { t: 'v' } }],
  });
  builder.run('0', { runId: RUN_B, name: 'gone', status: 4, lifecycleStage: 'deleted' });
  builder.experiment({ id: '112233445566778899', name: 'old: ünd\nweg', trashed: true });
  builder.run('112233445566778899', { runId: RUN_C, status: 1, endTime: null, metrics: { loss: series(2) } });
  builder.experiment({ id: '5', name: 'empty' });

  const nothing = { params: {}, tags: {}, metrics: {}, artifacts: {} };
  return {
    store: openStore(builder.root),
    second: openStore(`file://${builder.root}`),
    changes: { type: 'directory', root: builder.root },
    expected: [
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
            tags,
            metrics,
            artifacts,
            datasets: [TRAIN_DATASET],
            models: [{ modelId: 'm-1', name: 'model', step: 7n, status: 'READY', params: new Map([['depth', '3']]) }],
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
    ],
    missing: { runId: 'f'.repeat(32), experimentId: '0', locator: `0/${'f'.repeat(32)}` },
    remove: async () => builder.remove(),
  };
});
