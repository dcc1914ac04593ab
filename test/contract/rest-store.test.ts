import { HttpClient } from '../../src/mlflow/http/http-client.js';
import { RestStore } from '../../src/mlflow/rest/rest-store.js';
import { type FakePoint, type FakeRun, FakeServer } from '../mlflow/rest/fake-server.js';
import { type ContractSource, TRAIN_DATASET, trackingStoreContract } from './tracking-store.js';

const [RUN_A, RUN_B, RUN_C] = ['a'.repeat(32), 'b'.repeat(32), 'c'.repeat(32)] as const;

const series = (length: number): FakePoint[] =>
  Array.from({ length }, (_, at) => ({
    timestamp: 1_700_000_000_000 + at * 250,
    value: Math.sin(at) / 3,
    step: BigInt(at),
  }));

const odd: FakePoint[] = [Number.NaN, Infinity, -Infinity, 0, 5e-324, 0.1 + 0.2, 1e22].map((value, at) => ({
  timestamp: at,
  value,
  step: BigInt(at) - 4n,
}));
const steps: FakePoint[] = [-(2n ** 40n), 2n, 5n, 2n ** 53n + 1n, 2n ** 62n].map((step, at) => ({
  timestamp: 7,
  value: at,
  step,
}));
/** In the order of a file; a database has it the other way round. */
const backwards: FakePoint[] = [30, 20, 10].map((timestamp, at) => ({ timestamp, value: at, step: BigInt(at) }));

async function open(version: 2 | 3, keepsFiles: boolean, artifactUri?: string): Promise<ContractSource> {
  const metrics = { loss: series(26_000), 'train/acc': series(3), odd, steps, 'with space': series(1), backwards };
  const params = { lr: '0.1', 'net/depth': '3', empty: '', text: 'a\nb\r\nc\n', größe: '实验 🚀' };
  const tags = { 'mlflow.user': 'tester', team: 'red' };
  const artifacts = {
    'a-b.txt': 'x',
    'a/b.txt': 'nested',
    'a.txt': '',
    'deep/er/100% #1?.txt': 'ü',
    'large.txt': 'y'.repeat(600_000),
  };
  const models = [{ id: 'm-1', name: 'model', step: 7 }];
  const datasets = [{ name: 'train', digest: 'x1', context: 'training', tags: { split: '0.8' } }];
  const run: FakeRun = {
    runId: RUN_A,
    experimentId: '0',
    name: '1e5',
    params,
    tags,
    metrics,
    artifacts,
    datasets,
    end: 1_700_000_060_000,
  };
  const server = await FakeServer.start({
    version,
    keepsFiles,
    experiments: [
      { id: '0', name: 'Default', tags: { 'mlflow.note.content': '# Note' } },
      { id: '112233445566778899', name: 'old: ünd\nweg', deleted: true },
      { id: '5', name: 'empty' },
    ],
    runs: [
      { ...run, ...(version === 3 && { models }), ...(artifactUri !== undefined && { artifactUri }) },
      { runId: RUN_B, experimentId: '0', name: 'gone', status: 'FAILED', deleted: true },
      { runId: RUN_C, experimentId: '112233445566778899', status: 'RUNNING', metrics: { loss: series(2) } },
    ],
  });
  const store = (): RestStore => new RestStore(new HttpClient(server.uri, { concurrency: 3 }, {}));
  const nothing = { params: {}, tags: {}, metrics: {}, artifacts: {} };
  return {
    store: store(),
    second: store(),
    changes: { type: 'poll' },
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
              startTime: 1_700_000_000_000,
              endTime: 1_700_000_060_000,
              userId: 'tester',
            },
            params,
            tags,
            metrics: { ...metrics, backwards: keepsFiles ? backwards : [...backwards].reverse() },
            artifacts,
            datasets: [TRAIN_DATASET],
            models:
              version === 2
                ? []
                : [{ modelId: 'm-1', name: 'model', step: 7n, status: 'READY', params: new Map([['depth', '3']]) }],
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
    missing: { runId: 'f'.repeat(32), experimentId: '0', locator: '' },
    remove: () => server.stop(),
  };
}

trackingStoreContract('tracking server, MLflow 3 over a database', () => open(3, false));
trackingStoreContract('tracking server, MLflow 3 over a file store', () => open(3, true, 's3://bucket/0/a/artifacts'));
trackingStoreContract('tracking server, MLflow 2 over a database', () => open(2, false));
trackingStoreContract('tracking server, MLflow 2 over a file store', () => open(2, true));
