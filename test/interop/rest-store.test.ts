import { openStore } from '../../src/mlflow/open-store.js';
import { type ContractSource, type ExpectedPoint, trackingStoreContract } from '../contract/tracking-store.js';
import { serveMlflow } from './mlflow-server.js';
import { pythonLines } from './python.js';

const START = 1_700_000_000_000;

interface Ids {
  readonly full: string;
  readonly gone: string;
  readonly running: string;
  readonly model: string;
}

const points = (values: readonly number[], point: (at: number) => [timestamp: number, step: bigint]): ExpectedPoint[] =>
  values.map((value, at) => {
    const [timestamp, step] = point(at);
    return { timestamp, value, step };
  });

/** What contract_content.py writes. */
function metrics(): Record<string, ExpectedPoint[]> {
  const loss = Array.from({ length: 30_000 }, (_, at) => at / 7);
  const steps = [-(2n ** 40n), 2n, 5n, 2n ** 53n + 1n, 2n ** 62n];
  return {
    loss: points(loss, (at) => [START + at * 250, BigInt(at)]),
    'odd/values': points([Number.NaN, Infinity, -Infinity, 0, 5e-324, 0.1 + 0.2, 1e22], (at) => [at, BigInt(at) - 4n]),
    'with space': points([0, 1, 2, 3, 4], (at) => [7, steps[at]!]),
  };
}

trackingStoreContract('a real mlflow server over SQLite', async (): Promise<ContractSource> => {
  const server = await serveMlflow();
  const [ids] = await pythonLines<Ids>(['contract_content.py', server.url]);
  const { full, gone, running, model } = ids!;
  const nothing = { params: {}, tags: {}, metrics: {}, artifacts: {} };
  return {
    store: openStore(server.url),
    second: openStore(`${server.url}/`),
    changes: { type: 'poll' },
    expected: [
      {
        name: 'contract',
        lifecycleStage: 'active',
        tags: { 'mlflow.note.content': '# Note' },
        runs: [
          {
            runId: full,
            header: { name: '1e5', status: 'FINISHED', startTime: START, endTime: START + 3_600_000 },
            params: { lr: '0.1', 'net/depth': '3', empty: '', text: 'a\nb\r\nc\n', unicode: '实验 🚀' },
            tags: { team: 'red' },
            metrics: metrics(),
            artifacts: {
              'a-b.txt': 'x',
              'a.txt': '',
              'a/b.txt': 'nested',
              'deep/er/100% ü.txt': 'ü',
              'large.txt': 'y'.repeat(600_000),
            },
            datasets: [{ name: 'train', digest: 'x1', context: 'training', source: '{"uri": "/data"}' }],
            models: [{ modelId: model, name: 'model', step: 7n, status: 'READY', params: new Map([['depth', '3']]) }],
          },
          { runId: gone, header: { name: 'gone', status: 'FAILED', lifecycleStage: 'deleted' }, ...nothing },
        ],
      },
      {
        name: 'old: ünd\nweg',
        lifecycleStage: 'deleted',
        tags: {},
        runs: [
          {
            runId: running,
            header: { status: 'RUNNING' },
            ...nothing,
            metrics: { loss: points([0.5, 0.25], (at) => [START + at, BigInt(at)]) },
          },
        ],
      },
      { name: 'empty', lifecycleStage: 'active', tags: {}, runs: [] },
    ],
    missing: { runId: 'f'.repeat(32), experimentId: '0', locator: '' },
    remove: () => server.stop(),
  };
});
